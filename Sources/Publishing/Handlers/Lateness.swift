// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit

/// What happens to a target that is first looked at when its time has passed: after an outage, or a pause of its client or account.
///
/// Lateness is counted from the job's due time, so that what a person brings back by hand, or a platform's limit put off, is on time.
struct Lateness: Sendable {
    /// The word in the history of the job, and the code of the target's failure.
    static let code = "missed-window"

    /// So much real time is never lateness: in a fast world it is a long time on the world's clock.
    private static let realGrace: TimeInterval = 30

    let services: HandlerServices
    let job: ClaimedJob
    let work: TargetWork

    /// How late it is, in seconds of world time.
    private var lateness: TimeInterval { self.work.now.timeIntervalSince(self.job.dueAt) }

    /// Decides by the client's policy.
    ///
    /// - Returns: How the run ends; `nil` when it is to be published now.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    func decide() async throws -> JobResult? {
        let (missed, rate) = (self.work.missed, self.work.rate)
        guard self.work.state == "planned",
            self.lateness > max(missed.grace / .seconds(1), rate > 1 ? rate * Self.realGrace : 1)
        else { return nil }
        switch missed.policy {
        case .late: return try await self.takeTurn(spacing: missed.spacing)
        case .skip: return self.stop(.cancelled(reason: Self.code), as: .missed, self.words("is left out"))
        case .ask:
            let words = self.words("waits for a person")
            return self.stop(
                .held(reason: Self.code, JobFailure(code: Self.code, message: words)), as: .waiting, words)
        }
    }

    /// Waits for the account's turn among its late posts; turns are given in the order of asking, one for each spacing.
    private func takeTurn(spacing: Duration) async throws -> JobResult? {
        // A turn is given once: who would have to go back for want of a slot asks for none.
        try await RunSlot.current?.take()
        let turn: Date = try await self.services.pool.query(
            """
            INSERT INTO late_turn AS turn (client_id, account_id, free_at)
            VALUES (\(self.work.client), \(self.work.account), world_now() + \(spacing))
            ON CONFLICT (client_id, account_id) DO UPDATE
            SET free_at = greatest(turn.free_at, world_now()) + \(spacing)
            RETURNING free_at - \(spacing)
            """
        ).single()
        guard turn > self.work.now.addingTimeInterval(1) else { return nil }
        return JobResult(
            .deferred(until: turn, reason: "late: posts that missed their time go out \(spacing.readable) apart"))
    }

    private func words(_ end: String) -> String {
        let due = self.job.dueAt.iso8601(in: ZoneID(rawValue: self.work.zone) ?? .utc)
        let late = Duration.seconds(Int64(self.lateness)).readable
        return "it was due \(due) and first looked at \(late) later: by the client's policy it \(end)"
    }

    private func stop(_ outcome: JobOutcome, as state: TargetState, _ words: String) -> JobResult {
        let work = self.work
        let failure = TargetFailure(
            code: Self.code, message: words,
            nextAction: "posthorn post retry \(work.target) publishes it now; post move gives it another time")
        return JobResult(outcome) { db in
            try await TargetRepository.transition(
                TargetTransition(
                    client: work.client, target: work.target, from: [.planned], to: state,
                    generation: Int(work.generation),
                    actor: "posthorn", reason: words, failure: failure), on: &db)
        }
    }
}
