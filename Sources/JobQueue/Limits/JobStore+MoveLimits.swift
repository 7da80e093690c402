// SPDX-License-Identifier: MIT

package import Domain
package import PQClient

extension JobStore {
    /// Takes an account's limits along to another identity of it: what a person or its platform set, what is closed, what was counted of calls.
    ///
    /// Posts are counted from the sends themselves, which stay where they were made.
    ///
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    package func moveLimits(
        from old: (client: ClientID, account: AccountID), to new: (client: ClientID, account: AccountID),
        on db: inout some SQLSession & ~Copyable
    ) async throws {
        let before = "account:\(old.account)"
        let after = "account:\(new.account)"
        try await db.execute("DELETE FROM rate_bucket WHERE scope = \(after)")
        try await db.execute("UPDATE rate_bucket SET scope = \(after) WHERE scope = \(before)")
        try await db.execute("DELETE FROM endpoint_gate WHERE scope = \(after)")
        try await db.execute("UPDATE endpoint_gate SET scope = \(after) WHERE scope = \(before)")
        try await db.execute("DELETE FROM lane_gate WHERE scope = \(after) OR starts_with(scope, \(after + "/"))")
        try await db.execute(
            """
            UPDATE lane_gate SET scope = \(after) || substr(scope, length(\(before)) + 1)
            WHERE scope = \(before) OR starts_with(scope, \(before + "/"))
            """)
        try await db.execute(
            """
            INSERT INTO lane_policy (client_id, account_id, slots)
            SELECT \(new.client), \(new.account), slots FROM lane_policy
            WHERE client_id = \(old.client) AND account_id = \(old.account) AND slots IS NOT NULL
            ON CONFLICT (client_id, account_id) DO UPDATE SET slots = excluded.slots
            """)
    }
}
