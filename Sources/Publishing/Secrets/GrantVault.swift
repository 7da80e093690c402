// SPDX-License-Identifier: MIT

import Crypto
package import Domain
import Foundation
package import PQClient
package import PluginKit

/// Keeps the tokens of grants, sealed: under their client's own key, or under the agency's when the agency owns them.
package struct GrantVault: Sendable {
    let keys: SecretKeys

    /// Makes a vault.
    package init(keys: SecretKeys) { self.keys = keys }

    /// Seals tokens into a new grant.
    ///
    /// - Parameters:
    ///   - owner: The client that owns it; `nil` for the agency.
    ///   - platform: The platform.
    ///   - app: The app that it belongs to.
    ///   - tokens: The tokens.
    ///   - db: The session, usually a transaction with the account.
    /// - Returns: The grant's identity.
    /// - Throws: `SecretError` when it cannot be sealed, `PQError`.
    package func create(
        owner: ClientID?, platform: PlatformID, app: AppID?, tokens: TokenSet, on db: inout some SQLSession & ~Copyable
    ) async throws -> GrantID {
        let id = GrantID()
        let sealed = try await self.seal(tokens, grant: id, owner: owner, on: &db)
        try await db.execute(
            """
            INSERT INTO access_grant (grant_id, owner_client_id, platform, app_id, scopes, expires_at, ends_at, renewal, key_id, sealed)
            VALUES (\(id.uuid), \(owner?.uuid), \(platform.rawValue), \(app?.uuid), \(tokens.scopes), \(tokens.expiresAt),
                    \(tokens.endsAt), \(Self.renewal(of: tokens)), \(sealed.keyID), \(sealed.bytes))
            """)
        return id
    }

    /// Reads a grant and opens its tokens.
    ///
    /// - Returns: `nil` when there is none.
    package func load(_ id: GrantID, on db: inout some SQLSession & ~Copyable) async throws -> Grant? {
        try await db.query(Self.find("\(id.uuid)")).first.map { row throws in try self.read(row) }
    }

    /// The statement that finds a grant, and the client's key that it is sealed under.
    ///
    /// - Parameter id: The identity, as an expression or a query of one column.
    /// - Returns: The statement, for ``read(_:)``.
    static func find(_ id: Statement) -> Statement {
        """
        SELECT \(unescaped: Self.columns)
        FROM access_grant g
        LEFT JOIN client_key k ON k.client_id = g.owner_client_id AND 'client:' || k.key_no = g.key_id
             AND k.destroyed_at IS NULL
        WHERE g.grant_id = (\(id)) AND octet_length(g.sealed) > 0
        """
    }

    /// What ``read(_:)`` needs of a grant `g`, and of its client's key `k`.
    static let columns: StaticString = """
        g.grant_id, g.owner_client_id, g.platform, g.app_id, g.key_id, g.sealed, g.version, g.state, g.state_reason,
        g.renewal_tried_at, k.master_key_id, k.sealed AS sealed_key
        """

    /// Opens a grant that was found.
    func read(_ row: Row) throws -> Grant {
        let id = GrantID(try row.get("grant_id", as: UUID.self))
        let owner: UUID? = try row.get("owner_client_id")
        let platform: String = try row.get("platform")
        let app: UUID? = try row.get("app_id")
        let state: String = try row.get("state")
        let opened = try self.open(row, grant: id, owner: owner.map(ClientID.init))
        return Grant(
            id: id, owner: owner.map(ClientID.init), platform: PlatformID(rawValue: platform), app: app.map(AppID.init),
            state: Grant.State(rawValue: state) ?? .revoked, stateReason: try row.get("state_reason"),
            version: try row.get("version"), renewalTriedAt: try row.get("renewal_tried_at"),
            tokens: try JSONDecoder().decode(TokenSet.self, from: opened))
    }

    /// Replaces a grant's tokens, after a refresh or a reconnection.
    ///
    /// - Parameters:
    ///   - tokens: The new tokens.
    ///   - grant: The grant.
    ///   - owner: The client that owns it; `nil` for the agency.
    ///   - version: The version that they succeed; `nil` replaces whatever is there.
    ///   - db: The session.
    /// - Returns: Whether they were stored; `false` when somebody stored newer ones meanwhile.
    /// - Throws: `SecretError`, `PQError`.
    @discardableResult
    package func replace(
        _ tokens: TokenSet, of grant: GrantID, owner: ClientID?, succeeding version: Int64? = nil,
        on db: inout some SQLSession & ~Copyable
    ) async throws -> Bool {
        let sealed = try await self.seal(tokens, grant: grant, owner: owner, on: &db)
        return try await db.execute(
            """
            UPDATE access_grant
            SET sealed = \(sealed.bytes), key_id = \(sealed.keyID), scopes = \(tokens.scopes), expires_at = \(tokens.expiresAt),
                ends_at = \(tokens.endsAt), renewal = \(Self.renewal(of: tokens)),
                version = version + 1, state = 'active', state_reason = NULL, refreshing_until = NULL,
                refreshed_at = world_now(), renewal_failed_at = NULL, renewal_tried_at = NULL, renewal_failure = NULL,
                renewal_refused = false
            WHERE grant_id = \(grant.uuid) AND (\(version) IS NULL OR version = \(version))
            """) == 1
    }

    private static func renewal(of tokens: TokenSet) -> String {
        tokens.refreshToken == nil ? "none" : tokens.renewsItself ? "itself" : "refresh-token"
    }

    private func seal(
        _ tokens: TokenSet, grant: GrantID, owner: ClientID?, on db: inout some SQLSession & ~Copyable
    ) async throws -> Sealed {
        try await self.seal(try JSONEncoder().encode(tokens), place: "grant:\(grant)", owner: owner, on: &db)
    }

    /// Seals something under its owner's key.
    ///
    /// - Parameters:
    ///   - data: What is sealed.
    ///   - place: Where it will stand.
    ///   - owner: The client; `nil` for the agency.
    ///   - db: The session.
    /// - Returns: What was sealed, and under which key.
    /// - Throws: `SecretError`, `PQError`.
    func seal(
        _ data: Data, place: String, owner: ClientID?, on db: inout some SQLSession & ~Copyable
    ) async throws -> Sealed {
        guard let owner else { return try self.keys.seal(data, place: place) }
        let (number, key) = try await self.clientKey(owner, on: &db)
        return Sealed(keyID: "client:\(number)", bytes: try Sealing.seal(data, key: key, place: place))
    }

    private func open(_ row: Row, grant: GrantID, owner: ClientID?) throws -> Data {
        let place = "grant:\(grant)"
        let sealed = Sealed(keyID: try row.get("key_id"), bytes: try row.get("sealed"))
        guard let owner else { return try self.keys.open(sealed, place: place) }
        guard Int32(sealed.keyID.dropFirst("client:".count)) != nil else {
            throw SecretError("a grant names the key '\(sealed.keyID)', which is no client's key")
        }
        guard let master: String = try row.get("master_key_id"), let bytes: Data = try row.get("sealed_key") else {
            throw SecretError("the client's key was destroyed: its credentials are erased")
        }
        let key = try self.keys.open(Sealed(keyID: master, bytes: bytes), place: Self.place(of: owner))
        return try Sealing.open(sealed.bytes, key: SymmetricKey(data: key), place: place)
    }

    /// Opens what was sealed under its owner's key.
    ///
    /// - Throws: `SecretError`, also when the client's key was destroyed.
    func open(
        _ sealed: Sealed, place: String, owner: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws -> Data {
        let rows = try await db.query(
            """
            SELECT master_key_id, sealed FROM client_key
            WHERE client_id = \(owner.uuid) AND 'client:' || key_no = \(sealed.keyID) AND destroyed_at IS NULL
            """)
        guard let row = rows.first else {
            throw SecretError("the client's key was destroyed: its credentials are erased")
        }
        let material = Sealed(keyID: try row.get("master_key_id"), bytes: try row.get("sealed"))
        let key = try self.keys.open(material, place: Self.place(of: owner))
        return try Sealing.open(sealed.bytes, key: SymmetricKey(data: key), place: place)
    }

    private static func place(of client: ClientID) -> String { "client-key:\(client)" }

    /// Finds a client's data key, or makes its first one.
    private func clientKey(
        _ client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws -> (number: Int32, key: SymmetricKey) {
        let find: Statement = """
            SELECT key_no, master_key_id, sealed FROM client_key
            WHERE client_id = \(client.uuid) AND destroyed_at IS NULL
            ORDER BY key_no DESC LIMIT 1
            """
        let place = Self.place(of: client)
        if try await db.query(find).isEmpty {
            let material = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }
            let sealed = try self.keys.seal(material, place: place)
            // Another process may have made it meanwhile: then its key is the one.
            try await db.execute(
                """
                INSERT INTO client_key (client_id, key_no, master_key_id, sealed)
                VALUES (\(client.uuid), 1, \(sealed.keyID), \(sealed.bytes)) ON CONFLICT DO NOTHING
                """)
        }
        guard let row = try await db.query(find).first else { throw SecretError("the client's key was destroyed") }
        let sealed = Sealed(keyID: try row.get("master_key_id"), bytes: try row.get("sealed"))
        return (try row.get("key_no"), SymmetricKey(data: try self.keys.open(sealed, place: place)))
    }
}
