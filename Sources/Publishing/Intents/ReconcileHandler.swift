// SPDX-License-Identifier: MIT

import Domain
import Foundation
package import JobQueue
import PQClient
import PluginKit

/// Looks whether a send whose answer was lost took effect, until that is settled: found, proven absent, or left to a
/// person.
///
/// It never sends. The job that sent waits meanwhile, held, and goes on when the send is settled, by whomever: a look
/// here, a person, or the answer that arrives after all.
package struct ReconcileHandler: JobHandler {
    /// How many looks that prove nothing are taken before a person is asked, or the client's policy decides.
    private static let longestPatience = 20
    /// How long after its fence a visible call can still take effect, in real time: the window for its first byte and
    /// the time limit of the request.
    ///
    /// Nobody else can end it: its worker may be frozen, or gone with the bytes on their way.
    static let requestLimit = Duration.seconds(32)

    private let services: HandlerServices

    /// Makes a handler.
    package init(services: HandlerServices) { self.services = services }

    /// `reconcile`.
    package var kind: JobKind { .reconcile }

    /// A look is one or two reads.
    package var deadline: Duration { .seconds(300) }

    /// Takes one look.
    package func run(_ job: ClaimedJob, _ context: JobContext) async throws -> JobResult {
        let task = try ReconcileTask(job.payload)
        let effects = try await context.effects.load(task.operation)
        guard let effect = effects.first(where: { $0.part == task.part }),
            let subject = IntentSubject(task.operation),
            let plugin = self.services.registry[PlatformID(rawValue: job.provider)]
        else { return self.needsPerson("nobody here knows what '\(task.operation)' was") }
        let completion = IntentCompletion(
            subject: subject, client: job.client, jobs: self.services.jobs, registry: self.services.registry,
            ledger: self.services.ledger, actor: "posthorn")
        guard effect.state == .unknown, effect.reconcileJob == job.id else {
            return self.settled(effect, completion)
        }
        guard let look = try await SendLook.load(subject, client: job.client, pool: self.services.pool) else {
            return self.needsPerson("'\(task.operation)' has lost what it was to send")
        }
        let lag = plugin.manifest.listingLag
        let age = Duration.seconds(look.now.timeIntervalSince(effect.sentAt ?? look.now))
        guard age >= lag else {
            return self.later(lag - age, "waiting until the platform's lists must show it", look)
        }
        do {
            let finding = try await look.find(effect, all: effects, plugin: plugin, services: self.services)
            return try await self.take(
                finding ?? .inconclusive("the platform cannot be asked"), isLast: finding == nil, effect: effect,
                look: look, lag: lag, job: job, context: context, completion: completion)
        } catch let error as PluginError {
            let outcome = Self.outcome(of: error, job)
            guard case .keptBack(let pause, _) = outcome else { return JobResult(outcome) }
            return JobResult(outcome) { db in try await LaneClosing(job, error).close(for: pause, on: &db) }
        } catch let error as SecretError {
            return JobResult(
                .held(reason: "needs-human", JobFailure(code: "needs-human", message: error.description)))
        }
    }

    /// The send is settled already: by the answer that arrived after all, by a person, or by an earlier run of this job
    /// that died before its end.
    private func settled(_ effect: Effect, _ completion: IntentCompletion) -> JobResult {
        guard effect.state == .confirmed else { return .succeeded }
        let reason = "confirmed by \(effect.resolvedBy ?? "an answer")"
        return JobResult(.succeeded) { db in try await completion.confirmed(reason: reason, on: &db) }
    }

    private func take(
        _ finding: Finding, isLast: Bool, effect: Effect, look: SendLook, lag: Duration, job: ClaimedJob,
        context: JobContext, completion: IntentCompletion
    ) async throws -> JobResult {
        switch finding {
        case .found(let remote):
            try await context.effects.confirm(
                effect.operation, part: effect.part, send: effect.sendNumber, evidence: try EffectHost.evidence(remote))
            let record = JobResult.Record { db in
                try await completion.confirmed(reason: "found on the platform as \(remote.id)", on: &db)
            }
            // What was found is real whoever holds the lease.
            return JobResult(.succeeded, record: record, recordIfStale: record)
        case .absent:
            let looked = try await context.effects.recordAbsentRead(
                effect.operation, part: effect.part, send: effect.sendNumber, minimumDistance: lag,
                requestLimit: Self.requestLimit, readAt: look.now
            ) { db in
                try await completion.absent(reason: "two looks did not find it: it may be sent again", on: &db)
            }
            guard looked.state == .unknown else { return .succeeded }
            let age = Duration.seconds(look.now.timeIntervalSince(effect.sentAt ?? look.now))
            let rest = lag + Self.requestLimit * look.rate - age
            if looked.absentReads == 0, rest > .zero {
                return self.later(rest, "not found; the request itself may still take effect", look)
            }
            return self.later(lag, "not found once; looking a second time", look)
        case .undecidable(let why):
            return self.undecided(why, effect, look, completion)
        case .inconclusive(let why):
            guard isLast || job.deferCount >= Self.longestPatience else {
                return self.later(lag * 2, "the look proved nothing: \(why)", look)
            }
            return self.undecided(why, effect, look, completion)
        }
    }

    /// Looking is over without proof: the client's policy says what then.
    private func undecided(
        _ why: String, _ effect: Effect, _ look: SendLook, _ completion: IntentCompletion
    ) -> JobResult {
        guard look.onUnknown == "resend" else {
            return self.needsPerson("it cannot be proven whether it took effect: \(why)", look)
        }
        return self.resend(effect, completion)
    }

    /// The client would rather have it twice than not at all.
    private func resend(_ effect: Effect, _ completion: IntentCompletion) -> JobResult {
        let policy = "the client's policy: on-unknown = resend"
        let ledger = EffectLedger(pool: self.services.pool)
        return JobResult(.succeeded) { db in
            try await ledger.resolve(
                effect.operation, part: effect.part, client: effect.client, as: .prepared, evidence: "{}", by: policy,
                on: &db)
            try await completion.absent(reason: policy, on: &db)
        }
    }

    private func later(_ pause: Duration, _ reason: String, _ look: SendLook) -> JobResult {
        JobResult(.deferredFor(pause, reason: reason)) { db in try await look.moveToUnknown(reason: reason, on: &db) }
    }

    private func needsPerson(_ message: String, _ look: SendLook? = nil) -> JobResult {
        let failure = JobFailure(code: PluginError.Code.ambiguousOutcome.description, message: message)
        return JobResult(.held(reason: HoldReason.unknownOutcome, failure)) { db in
            try await look?.moveToUnknown(reason: message, on: &db)
        }
    }

    /// A look that failed costs patience, never the job: while it is not known what became of a send, somebody looks or a
    /// person is asked.
    private static func outcome(of error: PluginError, _ job: ClaimedJob) -> JobOutcome {
        let outcome = FailureDecision.outcome(
            of: error, attempt: job.deferCount + 1, maximumAttempts: self.longestPatience)
        switch outcome {
        case .retry(let pause, let failure): return .deferredFor(pause, reason: failure.message)
        case .failed(let failure): return .held(reason: HoldReason.unknownOutcome, failure)
        default: return outcome
        }
    }
}
