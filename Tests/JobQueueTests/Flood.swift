// SPDX-License-Identifier: MIT

import Domain

@testable import JobQueue

extension QueueFixture {
    /// Enqueues very much work of one client, its accounts by turns.
    func flood(_ count: Int, client: ClientID? = nil, accounts: [AccountID]) async throws {
        for start in stride(from: 0, to: count, by: 1_000) {
            try await self.store.enqueue(
                (start..<min(start + 1_000, count)).map { number in
                    var job = self.job(client: client)
                    job.account = accounts[number % accounts.count]
                    return job
                })
        }
    }
}
