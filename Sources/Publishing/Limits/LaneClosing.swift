// SPDX-License-Identifier: MIT

import JobQueue
import PQClient
import PluginKit

/// Closes the lane of a job that a limit keeps back, so that the rest of its backlog costs one look and not one run each.
struct LaneClosing: Sendable {
    private let job: ClaimedJob
    private let error: PluginError

    /// The lane of a job, and what keeps it back.
    init(_ job: ClaimedJob, _ error: PluginError) {
        self.job = job
        self.error = error
    }

    /// How long before a token comes back the lane opens, in real time: its next job waits for the token where it is.
    private static let head = Duration.milliseconds(1_500)

    /// Closes it for a pause of the world's time, in the transaction that gives the job back.
    ///
    /// When what is used up is shared by more than the account, all who share it wait at the same gate.
    func close(for wanted: Duration, on db: inout some SQLSession & ~Copyable) async throws {
        let pause = self.error.limit.map { $0.pause(lessReal: Self.head) } ?? wanted
        let reason = self.error.message
        if let account = self.job.account {
            try await LimitStore.close(
                .account(account), queue: self.job.queue, for: pause, reason: reason, by: self.source, on: &db)
        }
        guard let scope = self.error.limit?.scope else { return }
        switch scope {
        case .account: break
        case .app, .client, .provider:
            try await LimitStore.close(
                scope, queue: self.job.queue, for: pause, reason: reason, by: self.source, on: &db)
        }
    }

    /// Whose word it is: a limit of ours, or the platform's.
    private var source: String { self.error.limit == nil ? self.job.provider : "posthorn" }
}
