// SPDX-License-Identifier: MIT

import Domain
import JobQueue
import PQClient

/// Holds back the queued work of a client or of one of its accounts, in the transaction that changes its state.
///
/// Looking whether something took effect is no work of that kind: it goes on.
struct WorkPause {
    var client: ClientID
    var account: AccountID?

    private func scope(_ queue: QueueName) -> PauseScope {
        self.account.map { .accountQueue(self.client, $0, queue) } ?? .clientQueue(self.client, queue)
    }

    func begin(actor: String, reason: String?, on db: inout some SQLSession & ~Copyable) async throws {
        for queue in QueueName.pausable {
            try await JobStore.pause(self.scope(queue), by: actor, reason: reason, on: &db)
        }
    }

    func end(on db: inout some SQLSession & ~Copyable) async throws {
        for queue in QueueName.pausable { try await JobStore.resume(self.scope(queue), on: &db) }
    }
}
