// SPDX-License-Identifier: MIT

import Domain
import JobQueue
import PQClient

/// Whether a client and its account let new work begin, as the database had it when the job was loaded.
struct Standing: Sendable {
    /// The client's state.
    var client: String
    /// The account's state.
    var account: String

    /// Whether a pause is all that stands in the way: somebody will end it, and the work goes on by itself.
    var isPaused: Bool { self.client == "paused" || (self.client == "active" && self.account == "paused") }

    /// Whether nothing stands in the way.
    var isActive: Bool { self.client == "active" && self.account == "active" }

    /// The word that a job is held for.
    var obstacle: String { self.client == "active" ? "account-\(self.account)" : "client-\(self.client)" }

    static func load(
        client: ClientID, account: AccountID, on db: inout some SQLSession & ~Copyable
    ) async throws -> Standing? {
        let rows = try await db.query(
            """
            SELECT client.state AS client_state, account.state AS account_state
            FROM account
            JOIN client ON client.client_id = account.client_id
            WHERE account.client_id = \(client) AND account.account_id = \(account)
            """)
        guard let row = rows.first else { return nil }
        return Standing(client: try row.get("client_state"), account: try row.get("account_state"))
    }
}

extension HandlerServices {
    /// How long a job waits whose client or account is paused while its queue is not.
    private static let pausePatience = Duration.seconds(60)

    /// Ends a run whose client or account was paused after its job was claimed: it goes back to its place, where the pause keeps it from
    /// being claimed until it ends.
    func giveBack(_ job: ClaimedJob, _ standing: Standing) async throws -> JobResult {
        if try await self.jobs.isPaused(job.spec) { return JobResult(.released) }
        // The queue was resumed by hand: given back, it would be claimed again at once, for ever.
        return JobResult(.deferredFor(Self.pausePatience, reason: standing.obstacle))
    }
}
