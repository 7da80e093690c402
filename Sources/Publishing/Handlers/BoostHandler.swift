// SPDX-License-Identifier: MIT

import Domain
import Foundation
package import JobQueue
import PQClient
import PluginKit

/// Starts boosts and looks how they stand.
///
/// Money is set aside in the ledger before the platform is asked for anything.
package struct BoostHandler: JobHandler {
    private struct Payload: Codable { var step: String }

    private let services: HandlerServices

    /// Makes a handler.
    package init(services: HandlerServices) { self.services = services }

    /// `boost`.
    package var kind: JobKind { .boost }

    /// Runs one attempt of one step.
    package func run(_ job: ClaimedJob, _ context: JobContext) async throws -> JobResult {
        guard let subject = job.subject, let plugin = self.services.registry[PlatformID(rawValue: job.provider)],
            let boosting = plugin.boosting
        else {
            return JobResult(
                .failed(JobFailure(code: "unsupported", message: "the platform '\(job.provider)' has no boosts")))
        }
        let loaded = try await self.services.pool.withConnection { db in
            try await BoostWork.load(BoostID(subject), client: job.client, on: &db)
        }
        guard let work = loaded else {
            return JobResult(.failed(JobFailure(code: "permanent", message: "there is no such boost")))
        }
        let payload = try JSONDecoder().decode(Payload.self, from: Data(job.payload.text.utf8))
        do {
            return payload.step == "status"
                ? try await self.status(work, boosting: boosting)
                : try await self.start(work, job: job, plugin: plugin, boosting: boosting, context: context)
        } catch let error as LedgerError {
            let failure = PluginError(.permanent, error.description, nextAction: "Raise the budget or lower the boost")
            return JobResult(.failed(JobFailure(failure))) { db in
                try await work.move(to: "failed", failure: failure, reason: error.description, on: &db)
            }
        } catch let error as PluginError {
            return try await self.result(error, job: job, work: work, context)
        } catch let error where FailureDecision.isOurs(error) {
            return try await self.result(FailureDecision.defect(error), job: job, work: work, context)
        }
    }

    /// A boost whose job is held without this handler's word waits for a person; what is set aside for it stays so, because it may have
    /// been started.
    package func record(of outcome: JobOutcome, _ job: ClaimedJob) -> JobResult.Record? {
        guard case .held(let word, let failure) = outcome, let subject = job.subject else { return nil }
        if word == HoldReason.unknownOutcome {
            // A job of its own looks; nobody is asked for anything yet.
            let reason =
                "looking whether it runs: \(failure?.message ?? "its run ended in the middle of the activation")"
            return { db in
                guard let work = try await BoostWork.load(BoostID(subject), client: job.client, on: &db),
                    work.remoteID == nil, ["planned", "starting"].contains(work.state)
                else { return }
                try await work.move(to: "unknown", reason: reason, on: &db)
            }
        }
        let reason = failure?.message ?? word
        let error = PluginError(
            .needsHuman, "\(reason); look why with posthorn job show \(job.id), then posthorn job release \(job.id)")
        return { db in
            guard let work = try await BoostWork.load(BoostID(subject), client: job.client, on: &db) else { return }
            try await work.hold(error, reason: reason, on: &db)
        }
    }

    private func start(
        _ work: BoostWork, job: ClaimedJob, plugin: RegisteredPlugin, boosting: any Boosting, context: JobContext
    ) async throws -> JobResult {
        if ["cancelled", "stopped", "completed", "rejected", "running", "in-review"].contains(work.state) {
            return .succeeded
        }
        guard let post = work.post else { throw PluginError(.permanent, "the boost has no publication to promote") }
        let effects = try await context.effects.prepare(work.operation)
        if effects.isUnsettled { return Self.held(work, "looking whether it runs") }
        if effects.contains(where: EffectHost.isForeignDuplicate) {
            throw PluginError(
                .permanent, "the platform refuses it as a duplicate of a boost that is not this one",
                nextAction: "Stop the other one, or change this one")
        }
        if effects.allSatisfy({ $0.state == .prepared }) {
            let standing = Standing(client: work.clientState, account: work.accountState)
            if standing.isPaused { return try await self.services.giveBack(job, standing) }
            guard standing.isActive else { return JobResult(.held(reason: standing.obstacle, nil)) }
        }
        try await self.services.pool.withTransaction { db in
            try await self.services.ledger.reserve(
                work.exposure(plugin.manifest.boost), boost: work.boost, client: work.client, adAccount: work.adAccount,
                campaign: work.campaign, at: work.startsAt, actor: "posthorn", on: &db)
            try await work.move(to: "starting", reason: "money is set aside", on: &db)
        }
        let checkpoint = try effects.first { $0.part == 0 }?.checkpoint.map(StoredCheckpoint.init(data:))
        let latest = LatestCheckpoint(checkpoint?.state)
        let boost = try await self.services.withAccess(client: work.client, account: work.account, for: "boost") {
            access throws(PluginError) in
            let host = EffectHost(
                effects: context.effects, operation: work.operation, latest: latest,
                limits: PlatformLimits(plugin.manifest, store: self.services.limits),
                caller: Caller.current ?? Caller(client: work.client, account: work.account))
            return try await boosting.startBoost(work.request(post, access: access), host)
        }
        let record = self.record(boost, of: work)
        return JobResult(.succeeded, record: record, recordIfStale: record)
    }

    private func record(_ boost: RemoteBoost, of work: BoostWork) -> JobResult.Record {
        let record = BoostRecord(work: work, boost: boost, jobs: self.services.jobs, ledger: self.services.ledger)
        return { db in try await record.write(on: &db) }
    }

    private func status(_ work: BoostWork, boosting: any Boosting) async throws -> JobResult {
        guard let remoteID = work.remoteID, ["running", "in-review", "paused"].contains(work.state) else {
            return .succeeded
        }
        let boost = try await self.services.withAccess(client: work.client, account: work.account, for: "boost") {
            access throws(PluginError) in try await boosting.boostStatus(remoteID, access)
        }
        return JobResult(.succeeded, record: self.record(boost, of: work))
    }

    /// The start waits until it is known whether the activation took effect.
    private static func held(_ work: BoostWork, _ reason: String, _ error: PluginError? = nil) -> JobResult {
        JobResult(.held(reason: HoldReason.unknownOutcome, error.map { JobFailure($0) })) { db in
            try await work.move(to: "unknown", failure: error, reason: reason, on: &db)
        }
    }

    private func result(
        _ error: PluginError, job: ClaimedJob, work: BoostWork, _ context: JobContext
    ) async throws -> JobResult {
        if try await context.effects.load(work.operation).isUnsettled {
            return Self.held(work, "looking whether it runs: \(error.message)", error)
        }
        var error = error
        // Something on the way to the activation had no answer; the activation itself was not made.
        if error.code == .ambiguousOutcome || error.code == .duplicate { error.code = .retryAfter }
        return self.result(of: error, job: job, work: work)
    }

    private func result(of error: PluginError, job: ClaimedJob, work: BoostWork) -> JobResult {
        var outcome = FailureDecision.outcome(
            of: error, attempt: job.attempt, maximumAttempts: job.spec.maximumAttempts)
        // A boost that may be spending is looked at until it has ended, whatever goes wrong with one look.
        if case .failed = outcome, work.remoteID != nil {
            outcome = .deferredFor(.seconds(3_600), reason: error.message)
        }
        let decided = outcome
        let ledger = self.services.ledger
        let effects = EffectLedger(pool: self.services.pool)
        return JobResult(decided) { db in
            switch decided {
            case .keptBack(let pause, _): try await LaneClosing(job, error).close(for: pause, on: &db)
            case .failed:
                try await work.move(to: "failed", failure: error, reason: error.message, on: &db)
                try await ledger.releaseRest(
                    boost: work.boost, client: work.client, actor: "posthorn", reason: "the boost did not start",
                    on: &db)
                try await effects.forgetFindings(work.operation, client: work.client, on: &db)
            case .held: try await work.hold(error, reason: error.message, on: &db)
            default: break
            }
        }
    }
}
