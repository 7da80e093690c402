// SPDX-License-Identifier: MIT

import Domain
import Foundation
package import PQClient
package import PluginKit

extension GrantVault {
    /// What an app's secret is bound to when it is sealed.
    static func place(of app: AppID) -> String { "app:\(app)" }

    /// The credential of the app that a grant was made with; of the platform's only app when the grant names none.
    ///
    /// - Returns: `nil` when no app was added for the platform, or several were and the grant names none.
    /// - Throws: `SecretError` when the secret cannot be opened, `PQError`.
    package func app(of grant: Grant, on db: inout some SQLSession & ~Copyable) async throws -> AppCredential? {
        let rows = try await db.query(
            """
            SELECT app_id, external_id, master_key_id, sealed_secret
            FROM app
            WHERE platform = \(grant.platform.rawValue) AND app_id = coalesce(\(grant.app), app_id)
            LIMIT 2
            """)
        guard rows.count == 1, let row = rows.first else { return nil }
        let id: AppID = try row.get("app_id")
        var app = AppCredential(id: try row.get("external_id"))
        if let key: String = try row.get("master_key_id"), let bytes: Data = try row.get("sealed_secret") {
            let opened = try self.keys.open(Sealed(keyID: key, bytes: bytes), place: Self.place(of: id))
            app.secret = Secret(String(decoding: opened, as: UTF8.self))
        }
        return app
    }
}
