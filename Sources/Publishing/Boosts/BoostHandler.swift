// SPDX-License-Identifier: MIT

import Domain
import Foundation
package import JobQueue
import PQClient
import Persistence
import PluginKit

/// Starts boosts and looks how they stand.
///
/// Money is set aside in the ledger before the platform is asked for anything.
package struct BoostHandler: JobHandler {
    private struct Payload: Codable { var step: BoostStep }

    let services: HandlerServices

    /// Makes a handler.
    package init(services: HandlerServices) { self.services = services }

    /// `boost`.
    package var kind: JobKind { .boost }

    /// Runs one attempt of one step.
    package func run(_ job: ClaimedJob, _ context: JobContext) async throws -> JobResult {
        guard let subject = job.subject, let plugin = self.services.registry[PlatformID(rawValue: job.provider)],
            let boosting = plugin.boosting
        else { return try self.withoutPlugin(job) }
        let loaded = try await self.services.pool.withConnection { db in
            try await BoostWork.load(BoostID(subject), client: job.client, on: &db)
        }
        guard let work = loaded else {
            return JobResult(.failed(JobFailure(code: "permanent", message: "there is no such boost")))
        }
        do {
            switch try Self.step(of: job) {
            case .start:
                return try await self.start(work, job: job, plugin: plugin, boosting: boosting, context: context)
            case .status: return try await self.status(work, job: job, plugin: plugin, boosting: boosting)
            case .stop: return try await self.stop(work, plugin: plugin, boosting: boosting, context: context)
            }
        } catch let error as LedgerError {
            let failure = PluginError(.permanent, error.description, nextAction: "Raise the budget or lower the boost")
            return JobResult(.failed(JobFailure(failure)), record: self.recordFailure(of: work, failure))
        } catch let error as PluginError {
            return try await self.result(error, job: job, work: work, context)
        } catch let error where FailureDecision.isOurs(error) {
            return try await self.result(FailureDecision.defect(error), job: job, work: work, context)
        }
    }

    private static func step(of job: ClaimedJob) throws -> BoostStep {
        try JSONDecoder().decode(Payload.self, from: Data(job.payload.text.utf8)).step
    }

    /// A start fails; what may be spending waits for a worker that has the plugin.
    private func withoutPlugin(_ job: ClaimedJob) throws -> JobResult {
        let message = "the platform '\(job.provider)' has no boosts"
        return try Self.step(of: job) == .start
            ? JobResult(.failed(JobFailure(code: "unsupported", message: message)))
            : JobResult(.deferredFor(.seconds(60), reason: "\(message) on this worker"))
    }

    /// A boost whose job is held without this handler's word waits for a person; what is set aside for it stays so, because it may have
    /// been started.
    package func record(of outcome: JobOutcome, _ job: ClaimedJob) -> JobResult.Record? {
        guard case .held(let word, let failure) = outcome, let subject = job.subject,
            (try? Self.step(of: job)) == .start
        else { return nil }
        if word == HoldReason.unknownOutcome {
            // A job of its own looks; nobody is asked for anything yet.
            let reason =
                "looking whether it runs: \(failure?.message ?? "its run ended in the middle of the activation")"
            return JobResult.Record { db in
                guard let work = try await BoostWork.load(BoostID(subject), client: job.client, on: &db),
                    [.planned, .starting].contains(work.state)
                else { return }
                try await work.move(to: .unknown, reason: reason, ifNotStarted: true, on: &db)
            }
        }
        let reason = failure?.message ?? word
        let error = PluginError(
            .needsHuman, "\(reason); look why with posthorn job show \(job.id), then posthorn job release \(job.id)")
        let services = self.services
        let limits = services.registry[PlatformID(rawValue: job.provider)]?.manifest.boost
        return JobResult.Record { db in
            guard let work = try await BoostWork.load(BoostID(subject), client: job.client, on: &db) else { return }
            let effects = try await EffectLedger.load(work.operation, client: work.client, on: &db)
            guard work.remoteID == nil, let running = Self.confirmed(effects) else {
                return try await work.hold(error, reason: reason, on: &db)
            }
            try await BoostRecord(
                work: work, boost: running, limits: limits, jobs: services.jobs, ledger: services.ledger
            ).write(on: &db)
        }
    }

    /// A campaign whose activation is confirmed runs, whatever came of the run that asked for it.
    static func confirmed(_ effects: [Effect]) -> RemoteBoost? {
        effects.first { $0.part == 0 }.flatMap(EffectHost.remotePost).map { RemoteBoost(id: $0.id, state: .running) }
    }

    func record(_ boost: RemoteBoost, of work: BoostWork, limits: BoostLimits?) -> JobResult.Record {
        let (jobs, ledger, client, id) = (self.services.jobs, self.services.ledger, work.client, work.boost)
        return JobResult.Record { db in
            // What happened to it meanwhile counts: a stop that somebody asked for, another reading of its spend.
            try await db.execute("SELECT FROM boost WHERE client_id = \(client) AND boost_id = \(id) FOR UPDATE")
            guard let now = try await BoostWork.load(id, client: client, on: &db) else { return }
            try await BoostRecord(work: now, boost: boost, limits: limits, jobs: jobs, ledger: ledger).write(on: &db)
        }
    }

    /// Ends a boost that did not start and gives its money back, unless it is there after all: a late answer may have come meanwhile.
    private func recordFailure(of work: BoostWork, _ failure: PluginError) -> JobResult.Record {
        let services = self.services
        let limits = services.registry[work.platform]?.manifest.boost
        return JobResult.Record { db in
            try await db.execute(
                "SELECT FROM boost WHERE client_id = \(work.client) AND boost_id = \(work.boost) FOR UPDATE")
            guard let now = try await BoostWork.load(work.boost, client: work.client, on: &db) else { return }
            guard now.remoteID == nil else { return try await now.note(failure, on: &db) }
            let effects = try await EffectLedger.load(work.operation, client: work.client, on: &db)
            if let running = Self.confirmed(effects) {
                try await BoostRecord(
                    work: now, boost: running, limits: limits, jobs: services.jobs, ledger: services.ledger
                ).write(on: &db)
                return
            }
            try await now.move(to: .failed, failure: failure, reason: failure.message, on: &db)
            try await services.ledger.releaseRest(
                for: now.owner, actor: "posthorn", reason: "the boost did not start", on: &db)
            try await EffectLedger(pool: services.pool).forgetFindings(work.operation, client: work.client, on: &db)
        }
    }

    private func status(
        _ work: BoostWork, job: ClaimedJob, plugin: RegisteredPlugin, boosting: any Boosting
    ) async throws -> JobResult {
        // What is being stopped is looked at by the job that stops it.
        guard let remoteID = work.remoteID, ![.stopping, .cancelled, .failed].contains(work.state) else {
            return .succeeded
        }
        let isWatched = try await self.services.pool.withConnection { db in
            try await BoostWatch(jobs: self.services.jobs).isKept(of: work, besides: job.id, on: &db)
        }
        guard !isWatched else { return .succeeded }
        if work.isSettled, let read = work.readAt {
            // Nothing can be switched on again any more.
            if work.now >= work.terms.endsAt.addingTimeInterval(BoostRecord.stoppedInterval) { return .succeeded }
            // Somebody has just looked.
            let next = min(read.addingTimeInterval(BoostRecord.stoppedInterval / 2), work.terms.endsAt)
            if work.now < next { return JobResult(.deferred(until: next, reason: "it was looked at a while ago")) }
        }
        if !work.isSettled, let ended = work.endedAt, let limits = plugin.manifest.boost,
            work.now < ended.addingTimeInterval(limits.settlement / .seconds(1))
        {
            let settled = ended.addingTimeInterval(limits.settlement / .seconds(1) + 1)
            return JobResult(.deferred(until: settled, reason: "its bill is not final yet"))
        }
        let boost = try await self.services.withAccess(client: work.client, account: work.account, for: "boost") {
            access throws(PluginError) in try await boosting.boostStatus(work.started(remoteID, access: access))
        }
        return JobResult(.succeeded, record: self.record(boost, of: work, limits: plugin.manifest.boost))
    }

    /// Asks the platform to stop it and reads what it says then; goes on until it is known that nothing runs.
    private func stop(
        _ work: BoostWork, plugin: RegisteredPlugin, boosting: any Boosting, context: JobContext
    ) async throws -> JobResult {
        guard ![.completed, .stopped, .failed, .cancelled].contains(work.state) else { return .succeeded }
        let reason = work.stopReason ?? "somebody asked for it"
        guard let remoteID = work.remoteID else {
            if let running = Self.confirmed(try await context.effects.load(work.operation)) {
                return JobResult(
                    .deferredFor(.seconds(1), reason: "it runs"),
                    record: self.record(running, of: work, limits: plugin.manifest.boost))
            }
            let stop = BoostStop(jobs: self.services.jobs, ledger: self.services.ledger)
            let isCalledOff = try await self.services.pool.withTransaction { db in
                try await stop.calledOff(work, actor: "posthorn", reason: reason, on: &db)
            }
            return isCalledOff
                ? .succeeded : JobResult(.deferredFor(.seconds(30), reason: "it is not known yet whether it runs"))
        }
        do {
            let boost = try await self.services.withAccess(client: work.client, account: work.account, for: "boost") {
                access throws(PluginError) in
                let started = work.started(remoteID, access: access)
                try await boosting.stopBoost(started)
                return try await boosting.boostStatus(started)
            }
            let record = self.record(boost, of: work, limits: plugin.manifest.boost)
            guard [.running, .inReview].contains(boost.state) else { return JobResult(.succeeded, record: record) }
            return JobResult(.deferredFor(Self.pause(work), reason: "the platform still runs it"), record: record)
        } catch let error as PluginError {
            let pause = error.retryAfter.map { max($0, .seconds(1)) } ?? Self.pause(work)
            var failure = error
            failure.message = "not stopped yet: " + error.message
            let noted = failure
            return JobResult(.deferredFor(pause, reason: error.message)) { db in try await work.note(noted, on: &db) }
        }
    }

    /// How long to wait before the platform is asked to stop it again: the longer it refuses the rarer, and never more than a quarter of
    /// an hour, because it costs money.
    private static func pause(_ work: BoostWork) -> Duration {
        let since = work.now.timeIntervalSince(work.stopAskedAt ?? work.now) / max(1, work.rate)
        return .seconds(min(900, max(15, since / 4)))
    }

    /// The start waits until it is known whether the activation took effect.
    static func held(_ work: BoostWork, _ reason: String, _ error: PluginError? = nil) -> JobResult {
        JobResult(.held(reason: HoldReason.unknownOutcome, error.map { JobFailure($0) })) { db in
            try await work.move(to: .unknown, failure: error, reason: reason, ifNotStarted: true, on: &db)
        }
    }

    private func result(
        _ error: PluginError, job: ClaimedJob, work: BoostWork, _ context: JobContext
    ) async throws -> JobResult {
        let effects = try await context.effects.load(work.operation)
        if effects.isUnsettled { return Self.held(work, "looking whether it runs: \(error.message)", error) }
        if work.remoteID == nil, let running = Self.confirmed(effects) {
            let record = self.record(
                running, of: work, limits: self.services.registry[work.platform]?.manifest.boost)
            return JobResult(.succeeded, record: record, recordIfStale: record)
        }
        var error = error
        // Something on the way to the activation had no answer; the activation itself was not made.
        if error.code == .ambiguousOutcome || error.code == .duplicate { error.code = .retryAfter }
        return self.result(of: error, job: job, work: work)
    }

    private func result(of error: PluginError, job: ClaimedJob, work: BoostWork) -> JobResult {
        if work.remoteID == nil, let stop = AppStop(error, job) {
            return stop.result(JobResult.Record { db in try await work.note(error, on: &db) })
        }
        var outcome = FailureDecision.outcome(
            of: error, attempt: job.attempt, maximumAttempts: job.spec.maximumAttempts)
        // A boost that may be spending is looked at until it has ended, whatever goes wrong with one look.
        if work.remoteID != nil {
            switch outcome {
            case .failed, .held: outcome = .deferredFor(.seconds(3_600), reason: error.message)
            default: break
            }
        }
        let decided = outcome
        let recordFailure = self.recordFailure(of: work, error)
        return JobResult(decided) { db in
            switch decided {
            case .keptBack(let pause, _): try await LaneClosing(job, error).close(for: pause, on: &db)
            case .failed: try await recordFailure(&db)
            case .held: try await work.hold(error, reason: error.message, on: &db)
            case .deferredFor where work.remoteID != nil: try await work.note(error, on: &db)
            default: break
            }
        }
    }
}
