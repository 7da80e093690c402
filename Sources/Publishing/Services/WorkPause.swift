// SPDX-License-Identifier: MIT

import Domain
import JobQueue
import PQClient

/// Holds back the queued work of a client or of one of its accounts, in the transaction that changes its state.
struct WorkPause {
    var client: ClientID
    var account: AccountID?

    private var scope: PauseScope {
        self.account.map { .account(self.client, $0) } ?? .client(self.client)
    }

    func begin(actor: String, reason: String?, on db: inout some SQLSession & ~Copyable) async throws {
        try await JobStore.pause(self.scope, by: actor, reason: reason, on: &db)
    }

    func end(on db: inout some SQLSession & ~Copyable) async throws {
        try await JobStore.resume(self.scope, on: &db)
    }
}
