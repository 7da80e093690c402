// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import PluginKit

extension GrantVault {
    /// What an app's secret is bound to when it is sealed.
    static func place(of app: AppID) -> String { "app:\(app)" }

    /// The statement that finds the app that a grant was made with; the platform's apps when the grant names none.
    ///
    /// - Parameter grant: The grant's identity, as an expression or a query of one column.
    /// - Returns: The statement, for ``app(_:)``.
    static func findApp(of grant: Statement) -> Statement {
        """
        SELECT a.app_id, a.external_id, a.master_key_id, a.sealed_secret, a.login
        FROM access_grant g
        JOIN app a ON a.platform = g.platform AND a.app_id = coalesce(g.app_id, a.app_id)
        WHERE g.grant_id = (\(grant))
        LIMIT 2
        """
    }

    /// The credential of an app; `nil` when it is not there any more.
    func app(_ id: AppID, on db: inout some SQLSession & ~Copyable) async throws -> AppCredential? {
        try self.app(
            try await db.query(
                "SELECT app_id, external_id, master_key_id, sealed_secret, login FROM app WHERE app_id = \(id)"))
    }

    /// The credential of the app that was found.
    ///
    /// - Returns: `nil` when no app was added for the platform, or several were and the grant names none.
    /// - Throws: `SecretError` when the secret cannot be opened.
    func app(_ rows: some Collection<Row>) throws -> AppCredential? {
        guard rows.count == 1, let row = rows.first else { return nil }
        let id: AppID = try row.get("app_id")
        var app = AppCredential(id: try row.get("external_id"), login: try row.get("login"))
        if let key: String = try row.get("master_key_id"), let bytes: Data = try row.get("sealed_secret") {
            let opened = try self.keys.open(Sealed(keyID: key, bytes: bytes), place: Self.place(of: id))
            app.secret = Secret(String(decoding: opened, as: UTF8.self))
        }
        return app
    }
}
