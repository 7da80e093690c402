// SPDX-License-Identifier: MIT

package import Domain
package import PQClient

/// Which account stands for an identity on a platform: one at a time in the whole agency.
package enum PlatformIdentities {
    /// Claims an account's identity for it.
    ///
    /// Claiming again for the same account changes nothing.
    ///
    /// - Throws: `PersistenceError` with code `identityTaken` and the holder when another account has it.
    package static func claim(_ account: AccountRow, on db: inout some SQLSession & ~Copyable) async throws {
        try await db.execute(
            """
            INSERT INTO platform_identity (platform, external_id, client_id, account_id)
            VALUES (\(account.platform), \(account.externalID), \(account.client), \(account.id))
            ON CONFLICT (platform, external_id) DO NOTHING
            """)
        let holder = try await Self.holder(platform: account.platform, externalID: account.externalID, on: &db)
        guard let holder else {
            throw PersistenceError(.changedMeanwhile, "the identity was given up meanwhile: try again")
        }
        guard holder.client == account.client, holder.account == account.id else {
            throw PersistenceError(
                .identityTaken,
                "\(account.platform) account \(account.externalID) stands under another account already",
                holder: holder)
        }
    }

    /// Who holds an identity.
    package static func holder(
        platform: PlatformID, externalID: String, on db: inout some SQLSession & ~Copyable
    ) async throws -> PersistenceError.Holder? {
        let rows = try await db.query(
            """
            SELECT client_id, account_id FROM platform_identity
            WHERE platform = \(platform) AND external_id = \(externalID)
            """)
        guard let row = rows.first else { return nil }
        return PersistenceError.Holder(client: try row.get("client_id"), account: try row.get("account_id"))
    }

    /// Gives up what an account holds, so that another may claim it.
    package static func release(
        _ account: AccountID, of client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws {
        try await db.execute("DELETE FROM platform_identity WHERE client_id = \(client) AND account_id = \(account)")
    }
}
