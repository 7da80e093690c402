// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
import JobQueue
package import PQClient

/// A link by which a person connects one account on the platform's own page.
package struct ConnectLinkRow: Sendable, Hashable {
    /// Its identity.
    package var id: ConnectLinkID
    /// The client that the account will belong to.
    package var client: ClientID
    /// The platform.
    package var platform: PlatformID
    /// The app that the person allows to act; `nil` for the configured one.
    package var app: AppID?
    /// The address that the world reaches `serve` at, without a slash at its end.
    package var baseURL: String
    /// The platform's identity of the only account that may be connected; `nil` for any.
    package var externalID: String?
    /// The short name inside the client.
    package var slug: String?
    /// The name; the platform's own when `nil`.
    package var name: String?
    /// The brand; the client's own when `nil`.
    package var brand: String?
    /// The audience's IANA zone; the client's when `nil`.
    package var timeZone: String?
    /// Whether tokens that allow less than the plugin asks for are taken.
    package var allowsMissingScopes = false
    /// Whether what boosts need is asked for, too.
    package var wantsBoosts = false
    /// How many earlier posts are taken in; none when `nil`.
    package var backfillPosts: Int?
    /// When it ends.
    package var expiresAt: Date
    /// Who made it.
    package var createdBy: String
    /// When it was made; the world's time.
    package var createdAt: Date?
    /// When it connected its account; then it is used up.
    package var usedAt: Date?
    /// When it was withdrawn; then it leads nowhere.
    package var withdrawnAt: Date?
    /// The account that it connected.
    package var account: AccountID?
    /// Whether it adds a credential of OAuth 1.0a to the account that it is for.
    package var isOAuth1 = false
    /// Whether its time was over when it was read.
    package var isEnded = false

    /// Makes a link.
    package init(client: ClientID, platform: PlatformID, baseURL: String, expiresAt: Date, createdBy: String) {
        self.id = ConnectLinkID()
        self.client = client
        self.platform = platform
        self.baseURL = baseURL
        self.expiresAt = expiresAt
        self.createdBy = createdBy
    }

    init(row: Row) throws {
        self.id = try row.get("link_id")
        self.client = try row.get("client_id")
        self.platform = try row.get("platform")
        self.app = try row.get("app_id")
        self.baseURL = try row.get("base_url")
        self.externalID = try row.get("external_id")
        self.slug = try row.get("slug")
        self.name = try row.get("name")
        self.brand = try row.get("brand")
        self.timeZone = try row.get("time_zone")
        self.allowsMissingScopes = try row.get("allows_missing_scopes")
        self.wantsBoosts = try row.get("wants_boosts")
        self.backfillPosts = try row.get("backfill_posts", as: Int32?.self).map(Int.init)
        self.expiresAt = try row.get("expires_at")
        self.createdBy = try row.get("created_by")
        self.createdAt = try row.get("created_at")
        self.usedAt = try row.get("used_at")
        self.withdrawnAt = try row.get("withdrawn_at")
        self.account = try row.get("account_id")
        self.isOAuth1 = try row.get("is_oauth1")
        self.isEnded = try row.get("is_ended")
    }
}

/// What a link's run left sealed until the person comes back.
package struct ConnectRun: Sendable {
    /// The link.
    package var link: ConnectLinkRow
    /// The key that sealed it.
    package var keyID: String
    /// What was sealed.
    package var sealed: Data
}

/// The links by which accounts are connected; of what opens them only hashes are stored.
package enum ConnectLinkRepository {
    private static let columns: Statement = """
        l.link_id, l.client_id, l.platform, l.app_id, l.base_url, l.external_id, l.slug, l.name, l.brand, l.time_zone,
        l.allows_missing_scopes, l.wants_boosts, l.backfill_posts, l.expires_at, l.created_by, l.created_at, l.used_at,
        l.withdrawn_at, l.account_id, l.is_oauth1, l.expires_at <= world_now() AS is_ended
        """

    /// Adds a link.
    ///
    /// - Parameters:
    ///   - link: The link.
    ///   - secretHash: The hash of what its address ends in.
    ///   - consumer: For OAuth 1.0a: the app's consumer key and secret, sealed, and the key that sealed them.
    ///   - db: The session.
    /// - Throws: `PQError`.
    package static func insert(
        _ link: ConnectLinkRow, secretHash: Data, consumer: (keyID: String, sealed: Data)? = nil,
        on db: inout some SQLSession & ~Copyable
    ) async throws {
        try await db.execute(
            """
            INSERT INTO connect_link (
                link_id, client_id, platform, app_id, secret_hash, base_url, external_id, slug, name, brand, time_zone,
                allows_missing_scopes, backfill_posts, expires_at, created_by, is_oauth1, consumer_key_id, consumer_sealed,
                wants_boosts)
            VALUES (\(link.id), \(link.client), \(link.platform), \(link.app), \(secretHash), \(link.baseURL),
                    \(link.externalID), \(link.slug), \(link.name), \(link.brand), \(link.timeZone),
                    \(link.allowsMissingScopes), \(link.backfillPosts.map { Int32(clamping: $0) }), \(link.expiresAt),
                    \(link.createdBy), \(link.isOAuth1), \(consumer?.keyID), \(consumer?.sealed),
                    \(link.wantsBoosts))
            """)
    }

    /// The app's consumer key and secret of a link for OAuth 1.0a, sealed; `nil` when they were forgotten.
    package static func consumer(
        of id: ConnectLinkID, on db: inout some SQLSession & ~Copyable
    ) async throws -> (keyID: String, sealed: Data)? {
        let rows = try await db.query(
            """
            SELECT consumer_key_id, consumer_sealed
            FROM connect_link
            WHERE link_id = \(id) AND consumer_sealed IS NOT NULL
            """)
        return try rows.first.map { row in (try row.get("consumer_key_id"), try row.get("consumer_sealed")) }
    }

    /// Finds a link by the hash of what its address ends in.
    package static func find(
        secretHash: Data, on db: inout some SQLSession & ~Copyable
    ) async throws -> ConnectLinkRow? {
        try await db.query("SELECT " + Self.columns + " FROM connect_link l WHERE l.secret_hash = \(secretHash)")
            .first.map(ConnectLinkRow.init(row:))
    }

    /// Begins a run: what was left of an earlier one is forgotten.
    ///
    /// - Parameters:
    ///   - id: The link.
    ///   - stateHash: The hash of what brings the person back.
    ///   - life: How long the person may take.
    ///   - keyID: The key that sealed what is kept.
    ///   - sealed: What is kept.
    ///   - db: The session.
    /// - Returns: Whether the link could still be used.
    /// - Throws: `PQError`.
    package static func begin(
        _ id: ConnectLinkID, stateHash: Data, life: Duration, keyID: String, sealed: Data,
        on db: inout some SQLSession & ~Copyable
    ) async throws -> Bool {
        try await db.execute(
            """
            UPDATE connect_link
            SET state_hash = \(stateHash), key_id = \(keyID), sealed = \(sealed),
                state_ends_at = world_now() + make_interval(secs => \(Double(life.components.seconds)))
            WHERE link_id = \(id) AND used_at IS NULL AND withdrawn_at IS NULL AND expires_at > world_now()
            """) == 1
    }

    /// Takes a run out of use: whoever comes second with the same state finds nothing.
    ///
    /// - Returns: `nil` for a state that is not known, was used, or whose time is over.
    package static func take(
        stateHash: Data, on db: inout some SQLSession & ~Copyable
    ) async throws -> ConnectRun? {
        let rows = try await db.query(
            """
            WITH run AS (
                SELECT link_id, key_id, sealed, state_ends_at FROM connect_link
                WHERE state_hash = \(stateHash) AND used_at IS NULL AND withdrawn_at IS NULL
                FOR UPDATE)
            UPDATE connect_link l
            SET state_hash = NULL, state_ends_at = NULL, key_id = NULL, sealed = NULL
            FROM run
            WHERE l.link_id = run.link_id
            RETURNING run.key_id AS run_key, run.sealed AS run_sealed, run.state_ends_at > world_now() AS is_open,
                \(Self.columns)
            """)
        guard let row = rows.first, try row.get("is_open", as: Bool.self) else { return nil }
        return ConnectRun(
            link: try ConnectLinkRow(row: row), keyID: try row.get("run_key"), sealed: try row.get("run_sealed"))
    }

    /// Finds a link by identity.
    package static func find(
        _ id: ConnectLinkID, on db: inout some SQLSession & ~Copyable
    ) async throws -> ConnectLinkRow? {
        try await db.query("SELECT " + Self.columns + " FROM connect_link l WHERE l.link_id = \(id)")
            .first.map(ConnectLinkRow.init(row:))
    }

    /// Lists links, newest first.
    ///
    /// - Parameters:
    ///   - client: The client; `nil` for all.
    ///   - isOpen: Only those that can still be used.
    ///   - db: The session.
    /// - Returns: The links.
    /// - Throws: `PQError`.
    package static func list(
        of client: ClientID?, isOpen: Bool, on db: inout some SQLSession & ~Copyable
    ) async throws -> [ConnectLinkRow] {
        try await db.query(
            "SELECT " + Self.columns
                + """
                 FROM connect_link l
                WHERE (\(client) IS NULL OR l.client_id = \(client))
                  AND (NOT \(isOpen) OR (l.used_at IS NULL AND l.withdrawn_at IS NULL AND l.expires_at > world_now()))
                ORDER BY l.created_at DESC, l.link_id
                """
        ).decoded(ConnectLinkRow.init(row:))
    }

    /// Withdraws a link that was not used; what its run left is forgotten.
    ///
    /// - Returns: Whether it could be withdrawn.
    package static func withdraw(
        _ id: ConnectLinkID, by actor: String, on db: inout some SQLSession & ~Copyable
    ) async throws -> Bool {
        try await db.execute(
            """
            UPDATE connect_link
            SET withdrawn_at = world_now(), withdrawn_by = \(actor), state_hash = NULL, state_ends_at = NULL, key_id = NULL,
                sealed = NULL, consumer_key_id = NULL, consumer_sealed = NULL
            WHERE link_id = \(id) AND used_at IS NULL AND withdrawn_at IS NULL
            """) == 1
    }

    /// Forgets what runs left sealed whose time is over, and the consumer keys of links whose time is over.
    ///
    /// - Returns: How many there were.
    @discardableResult
    package static func forgetOver(on db: inout some SQLSession & ~Copyable) async throws -> Int {
        try await db.execute(
            """
            UPDATE connect_link
            SET state_hash = NULL, state_ends_at = NULL, key_id = NULL, sealed = NULL,
                consumer_key_id = CASE WHEN expires_at > world_now() THEN consumer_key_id END,
                consumer_sealed = CASE WHEN expires_at > world_now() THEN consumer_sealed END
            WHERE (sealed IS NOT NULL AND (state_ends_at <= world_now() OR expires_at <= world_now()))
               OR (consumer_sealed IS NOT NULL AND expires_at <= world_now())
            """)
    }

    /// Uses a link up for the account that it connected.
    ///
    /// - Returns: Whether it was not used up before.
    package static func finish(
        _ id: ConnectLinkID, account: AccountID, on db: inout some SQLSession & ~Copyable
    ) async throws -> Bool {
        try await db.execute(
            """
            UPDATE connect_link
            SET used_at = world_now(), account_id = \(account), state_hash = NULL, state_ends_at = NULL, key_id = NULL,
                sealed = NULL, consumer_key_id = NULL, consumer_sealed = NULL
            WHERE link_id = \(id) AND used_at IS NULL AND withdrawn_at IS NULL
            """) == 1
    }
}
