// SPDX-License-Identifier: MIT

import Domain
import JobQueue
import PQClient
import PluginKit

/// Stops the work of an app that only a person can let go on: credits that are used up, an access level, an audit.
///
/// What stops is the queue that the refusal came from, for every account of the app, and not the account that happened to ask: no money for
/// reading says nothing of publishing. Looking after what was sent, and after boosts that run, is never stopped as a whole.
struct AppStop: Sendable {
    private let job: ClaimedJob
    private let error: PluginError

    /// What a refusal stops; `nil` when it is no app's, or of work that a pause does not reach.
    init?(_ error: PluginError, _ job: ClaimedJob) {
        guard Self.isMeant(error), job.account != nil, QueueName.pausable.contains(job.queue) else { return nil }
        self.job = job
        self.error = error
    }

    /// The word that a job is held for which no pause of its queue keeps back.
    static let word = "app-stopped"

    /// Whether a person must settle something of the app.
    static func isMeant(_ error: PluginError) -> Bool { error.code == .needsHuman && error.scope == .app }

    /// Gives the job back, where the stop keeps it without costing an attempt until somebody resumes the app.
    ///
    /// When somebody resumed it while the job ran, nothing is stopped and nothing recorded: the job is tried again at once.
    ///
    /// - Parameter record: What the handler writes beside it.
    /// - Returns: The end of the run.
    func result(_ record: JobResult.Record? = nil) -> JobResult {
        JobResult(.released) { db in
            if try await self.write(on: &db) { try await record?(&db) }
        }
    }

    /// Whether the app is stopped now.
    private func write(on db: inout Transaction) async throws -> Bool {
        let app = try await JobStore.app(
            of: self.job.account, client: self.job.client, provider: self.job.provider, on: &db)
        let reason = [self.error.message, self.error.nextAction].compactMap(\.self).joined(separator: " – ")
        return try await JobStore.pause(app, after: self.job, by: self.job.provider, reason: reason, on: &db)
    }
}
