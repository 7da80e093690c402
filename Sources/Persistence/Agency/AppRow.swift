// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import PQClient

/// Whether the platform has looked at an app.
package enum AuditState: String, Sendable, CaseIterable, PQConvertible {
    /// Nobody said.
    case unknown
    /// For testing only; some platforms hide what it publishes.
    case development
    /// Approved.
    case approved
}

/// The agency's registration with a platform; its sealed secret is not read here.
package struct AppRow: Sendable, Hashable {
    /// Its identity.
    package var id: AppID
    /// The platform.
    package var platform: PlatformID
    /// Its name in Posthorn.
    package var name: String
    /// The platform's identity of it, the client id.
    package var externalID: String
    /// Whether it has a secret.
    package var hasSecret: Bool
    /// Whether the platform has looked at it.
    package var auditState: AuditState
    /// The login that it is registered for, where the platform has several; `nil` for the usual one.
    package var login: String?

    /// Makes an app.
    package init(
        id: AppID = AppID(), platform: PlatformID, name: String, externalID: String, hasSecret: Bool = false,
        auditState: AuditState = .unknown, login: String? = nil
    ) {
        self.id = id
        self.platform = platform
        self.name = name
        self.externalID = externalID
        self.hasSecret = hasSecret
        self.auditState = auditState
        self.login = login
    }

    init(row: Row) throws {
        self.init(
            id: try row.get("app_id"), platform: try row.get("platform"), name: try row.get("name"),
            externalID: try row.get("external_id"), hasSecret: try row.get("has_secret"),
            auditState: try row.get("audit_state"), login: try row.get("login"))
    }
}

/// The agency's apps.
package enum AppRepository {
    private static let columns: Statement = """
        SELECT app_id, platform, name, external_id, sealed_secret IS NOT NULL AS has_secret, audit_state, login FROM app
        """

    /// Adds an app with its sealed secret.
    ///
    /// - Parameters:
    ///   - app: The app.
    ///   - masterKey: The identity of the key that sealed the secret.
    ///   - sealedSecret: The sealed secret; `nil` for a public client.
    ///   - db: The session.
    /// - Throws: `PersistenceError` with code `nameTaken` when the name or the platform's identity is in use.
    package static func insert(
        _ app: AppRow, masterKey: String?, sealedSecret: Data?, on db: inout some SQLSession & ~Copyable
    ) async throws {
        let added = try await db.execute(
            """
            INSERT INTO app (app_id, platform, name, external_id, master_key_id, sealed_secret, audit_state, login)
            VALUES (\(app.id), \(app.platform), \(app.name), \(app.externalID), \(masterKey), \(sealedSecret), \(app.auditState),
                    \(app.login))
            ON CONFLICT DO NOTHING
            """)
        guard added == 1 else {
            throw PersistenceError(
                .nameTaken,
                "an app '\(app.name)', or one of \(app.platform) with the id \(app.externalID), is there already")
        }
    }

    /// Changes an app's sealed secret, or whether the platform approved it; what is `nil` stays.
    package static func change(
        _ app: AppID, masterKey: String?, sealedSecret: Data?, audit: AuditState?,
        on db: inout some SQLSession & ~Copyable
    ) async throws {
        try await db.execute(
            """
            UPDATE app
            SET master_key_id = coalesce(\(masterKey), master_key_id), sealed_secret = coalesce(\(sealedSecret), sealed_secret),
                audit_state = coalesce(\(audit), audit_state)
            WHERE app_id = \(app)
            """)
    }

    /// Finds an app by name or identity.
    package static func find(_ reference: Reference, on db: inout some SQLSession & ~Copyable) async throws -> AppRow? {
        try await db.query(
            Self.columns + " WHERE name = \(reference.name) OR app_id = \(reference.id)"
        ).first.map(AppRow.init(row:))
    }

    /// Lists the apps by platform and name; of one platform, or of all.
    package static func list(
        platform: PlatformID? = nil, on db: inout some SQLSession & ~Copyable
    ) async throws -> [AppRow] {
        try await db.query(
            Self.columns + " WHERE platform = coalesce(\(platform), platform) ORDER BY platform, name"
        ).decoded(AppRow.init(row:))
    }
}
