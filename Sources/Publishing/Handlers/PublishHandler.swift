// SPDX-License-Identifier: MIT

import Domain
import Foundation
package import JobQueue
import PQClient
import PluginKit

/// Publishes a target: at most one visible publication, whatever dies when.
///
/// What was left unknown is settled by a job of its own (``ReconcileHandler``) while this one waits; the visible step is entered through
/// the fence alone.
package struct PublishHandler: JobHandler {
    private let services: HandlerServices

    /// Makes a handler.
    package init(services: HandlerServices) { self.services = services }

    /// `publish`.
    package var kind: JobKind { .publish }

    /// Not in the queue of posts: there it waits for the database most of the time, and needs a slot for calls, uploads and the preparation
    /// of media.
    package func holdsSlot(in queue: QueueName) -> Bool { queue != .publish }

    /// Runs one attempt.
    package func run(_ job: ClaimedJob, _ context: JobContext) async throws -> JobResult {
        guard let subject = job.subject, let plugin = self.services.registry[PlatformID(rawValue: job.provider)] else {
            return JobResult(
                .failed(JobFailure(code: "unsupported", message: "no plugin for the platform '\(job.provider)'")))
        }
        let target = TargetID(subject)
        guard
            let (work, effects) = try await self.services.targets.load(target, client: job.client)
        else {
            return JobResult(.failed(JobFailure(code: "permanent", message: "there is no target \(target)")))
        }
        if let ended = self.ended(work) { return ended }
        let record = TargetRecord(client: job.client, target: target)
        if !effects.contains(where: { $0.state != .prepared }), let stopped = try await self.stopped(work, job) {
            return stopped
        }
        // What was sent in time and proven absent is sent again, however long the proof took.
        if effects.allSatisfy({ $0.state == .prepared && $0.sendNumber == 0 && $0.checkpoint == nil }) {
            let lateness = Lateness(services: self.services, job: job, work: work)
            if let stopped = try await lateness.decide() { return stopped }
        }

        if effects.isUnsettled { return self.unsettled("looking whether it was published", record) }

        do {
            if effects.contains(where: EffectHost.isForeignDuplicate) {
                throw PluginError(
                    .permanent, "the platform has the same content from this account already, and it is not this post",
                    nextAction: "Change the text, or leave the post out")
            }
            let seen = SeenEffects(effects)
            let outcome = try await self.publish(work, plugin, context, seen)
            return try await self.result(outcome, work, plugin, context, seen)
        } catch let error as PluginError {
            return try await self.result(error, job: job, work: work, context)
        } catch let error as SecretError {
            return self.held(
                JobFailure(code: "needs-human", message: error.description), reason: "needs-human", to: "waiting",
                record)
        } catch let error where FailureDecision.isOurs(error) {
            return try await self.result(FailureDecision.defect(error), job: job, work: work, context)
        }
    }

    /// A target whose job ends without this handler's word ends with it: failed, or waiting for a person, with the reason.
    package func record(of outcome: JobOutcome, _ job: ClaimedJob) -> JobResult.Record? {
        guard let subject = job.subject else { return nil }
        let target = TargetRecord(client: job.client, target: TargetID(subject))
        let state: String
        let reason: String
        let remedy: String
        switch outcome {
        case .failed(let failure):
            (state, reason, remedy) = ("failed", failure.message, "posthorn post retry")
        case .held(HoldReason.unknownOutcome, let failure):
            // A job of its own looks; nobody is asked for anything yet.
            let reason =
                "looking whether it was published: \(failure?.message ?? "its run ended in the middle of the send")"
            return JobResult.Record { db in try await target.move(to: "unknown", reason: reason, on: &db) }
        case .held(let word, let failure):
            (state, reason, remedy) = ("waiting", failure?.message ?? word, "posthorn job release \(job.id)")
        default: return nil
        }
        let error = PluginError(
            .needsHuman, reason, nextAction: "Look why with: posthorn job show \(job.id); then \(remedy)")
        return JobResult.Record { db in try await target.move(to: state, failure: error, reason: reason, on: &db) }
    }

    /// A target that needs nothing any more.
    private func ended(_ work: TargetWork) -> JobResult? {
        switch work.state {
        case "published": .succeeded
        case "cancelled", "missed", "draft": JobResult(.cancelled(reason: "the target is \(work.state)"))
        default: nil
        }
    }

    /// A target that must not begin now.
    ///
    /// What was begun goes on: an unknown outcome is settled whatever is paused.
    private func stopped(_ work: TargetWork, _ job: ClaimedJob) async throws -> JobResult? {
        let standing = Standing(client: work.clientState, account: work.accountState)
        if standing.isActive { return nil }
        if standing.isPaused { return try await self.services.giveBack(job, standing) }
        guard standing.client == "active" else { return JobResult(.held(reason: standing.obstacle, nil)) }
        let failure = JobFailure(
            code: work.accountState, message: work.accountReason ?? "the account is \(work.accountState)")
        let record = TargetRecord(client: work.client, target: work.target)
        return self.held(failure, reason: standing.obstacle, to: "waiting", record)
    }

    private func publish(
        _ work: TargetWork, _ plugin: RegisteredPlugin, _ context: JobContext, _ seen: SeenEffects
    ) async throws -> PublishOutcome {
        // An effect that nobody knows of yet is made by what needs it first, a checkpoint or the fence.
        if let known = seen[0], known.state != .prepared || known.job != context.effects.job.id {
            seen.saw(try await context.effects.prepare(work.operation))
        }
        let checkpoint = try seen[0]?.checkpoint.map(StoredCheckpoint.init(data:))
        let begun = seen.all?.contains { $0.state != .prepared || $0.sendNumber > 0 } ?? true
        let resolved = try await MediaPreparation(services: self.services, manifest: plugin.manifest).prepare(
            work, isBegun: begun || checkpoint != nil)
        let latest = LatestCheckpoint(checkpoint?.state)
        return try await self.services.withAccess(client: work.client, account: work.account, for: "publish") {
            access throws(PluginError) in
            let host = EffectHost(
                effects: context.effects, operation: work.operation, latest: latest,
                limits: PlatformLimits(plugin.manifest, store: self.services.limits),
                caller: Caller.current ?? Caller(client: work.client, account: work.account), seen: seen,
                condition: work.isUnchanged)
            let request = PublishRequest(access: access, content: resolved, operation: work.operation)
            if let checkpoint, checkpoint.isPending, let deferred = plugin.deferred {
                return try await deferred.resume(latest.state ?? checkpoint.state, request, host)
            }
            return try await plugin.plugin.publish(request, host)
        }
    }

    private func result(
        _ outcome: PublishOutcome, _ work: TargetWork, _ plugin: RegisteredPlugin, _ context: JobContext,
        _ seen: SeenEffects
    ) async throws -> JobResult {
        switch outcome {
        case .pending(let state, let pause):
            let stored = StoredCheckpoint(state: state, isPending: true)
            if seen[0] == nil { seen.saw(try await context.effects.prepare(work.operation)) }
            try await context.effects.save(
                checkpoint: stored.encoded(), version: StoredCheckpoint.version, operation: work.operation)
            let record = TargetRecord(client: work.client, target: work.target)
            return JobResult(.deferredFor(pause, reason: "the platform is processing it")) { db in
                try await record.move(to: "processing", reason: "the platform is processing it", on: &db)
            }
        case .published(let remote):
            var effects = seen.all ?? []
            if seen.all == nil { effects = try await context.effects.load(work.operation) }
            let completion = PublishCompletion(
                work: work, remote: remote, parts: effects.compactMap(EffectHost.remotePost), plugin: plugin,
                jobs: self.services.jobs)
            let record = JobResult.Record(completion)
            // The publication is real whoever holds the lease: a stale worker's knowledge of it is kept too.
            return JobResult(.succeeded, record: record, recordIfStale: record)
        }
    }

    private func result(
        _ error: PluginError, job: ClaimedJob, work: TargetWork, _ context: JobContext
    ) async throws -> JobResult {
        let record = TargetRecord(client: work.client, target: work.target)
        if try await context.effects.load(work.operation).isUnsettled {
            return self.unsettled("looking whether it was published: \(error.message)", record, error)
        }
        var error = error
        // Something on the way to the send had no answer; the send itself was not made.
        if error.code == .ambiguousOutcome || error.code == .duplicate { error.code = .retryAfter }
        return self.result(of: error, job: job, work: work, record)
    }

    private func result(
        of error: PluginError, job: ClaimedJob, work: TargetWork, _ record: TargetRecord
    ) -> JobResult {
        if let stop = AppStop(error, job) {
            return stop.result(
                JobResult.Record { db in
                    try await record.move(to: "waiting", failure: error, reason: error.message, on: &db)
                })
        }
        let outcome = FailureDecision.outcome(
            of: error, attempt: job.attempt, maximumAttempts: job.spec.maximumAttempts)
        let ledger = EffectLedger(pool: self.services.pool)
        let account = work.account
        return JobResult(outcome) { db in
            switch outcome {
            case .failed:
                try await record.move(to: "failed", failure: error, reason: error.message, on: &db)
                try await ledger.forgetFindings(work.operation, client: work.client, on: &db)
            case .keptBack(let pause, _):
                try await LaneClosing(job, error).close(for: pause, on: &db)
            case .held:
                try await record.move(to: "waiting", failure: error, reason: error.message, on: &db)
                if error.code == .needsHuman {
                    try await db.execute(
                        """
                        UPDATE account SET state = 'needs-human', state_reason = \(error.message)
                        WHERE client_id = \(work.client) AND account_id = \(account) AND state = 'active'
                        """)
                }
            default: break
            }
        }
    }

    /// The job waits until it is known whether a send took effect; a job of its own looks.
    private func unsettled(_ reason: String, _ record: TargetRecord, _ error: PluginError? = nil) -> JobResult {
        JobResult(.held(reason: HoldReason.unknownOutcome, error.map { JobFailure($0) })) { db in
            try await record.move(to: "unknown", failure: error, reason: reason, on: &db)
        }
    }

    private func held(_ failure: JobFailure, reason: String, to state: String, _ record: TargetRecord) -> JobResult {
        JobResult(.held(reason: reason, failure)) { db in
            try await record.move(to: state, reason: failure.message, on: &db)
        }
    }
}
