// SPDX-License-Identifier: MIT

import Domain
import Foundation
package import JobQueue
import PQClient
import Persistence
import PluginKit

/// Reads metrics and appends what the platform gave.
///
/// What is due of one account is read together, as much as a call of its platform takes (`docs/decisions/0023-metric-batches.md`).
package struct MetricsHandler: JobHandler {
    private struct Payload: Codable { var of: String }

    private let services: HandlerServices

    /// Makes a handler.
    package init(services: HandlerServices) { self.services = services }

    /// `fetch-metrics`.
    package var kind: JobKind { .fetchMetrics }

    /// A reading is a few requests.
    package var deadline: Duration { .seconds(300) }

    /// Reads one publication with others that are due, or one account.
    package func run(_ job: ClaimedJob, _ context: JobContext) async throws -> JobResult {
        guard let account = job.account, job.subject != nil,
            let metrics = self.services.registry[PlatformID(rawValue: job.provider)]?.metrics
        else {
            return JobResult(.failed(JobFailure(code: "unsupported", message: "the platform has no metrics")))
        }
        let standing = try await self.services.pool.withConnection { db in
            try await Standing.load(client: job.client, account: account, on: &db)
        }
        if let standing, standing.isPaused { return try await self.services.giveBack(job, standing) }
        let payload = try JSONDecoder().decode(Payload.self, from: Data(job.payload.text.utf8))
        do {
            guard payload.of == "publication" else { return try await self.readAccount(job, account, metrics) }
            let round = try await MetricRound.load(
                job, account: account, size: metrics.manifest.metricsBatch, from: self.services)
            guard let round else {
                return JobResult(.cancelled(reason: "the publication is gone, or was only imported"))
            }
            return round.own.isRead ? .succeeded : try await self.read(round, job, account, metrics)
        } catch let error as PluginError {
            if let stop = AppStop(error, job) { return stop.result() }
            let outcome = FailureDecision.outcome(
                of: error, attempt: job.attempt, maximumAttempts: job.spec.maximumAttempts)
            guard case .keptBack(let pause, _) = outcome else { return JobResult(outcome) }
            return JobResult(outcome) { db in try await LaneClosing(job, error).close(for: pause, on: &db) }
        }
    }

    private var stop: BoostStop { BoostStop(jobs: self.services.jobs, ledger: self.services.ledger) }

    private func readAccount(
        _ job: ClaimedJob, _ account: AccountID, _ metrics: any MetricsFetching
    ) async throws -> JobResult {
        let readings = try await self.call([], job, account, metrics)
        guard let reading = readings.first(where: { $0.postID == nil }) else { return Self.nothing("account") }
        let record = SampleRecord(
            client: job.client, account: account, entries: [.init(reading: reading)], stop: self.stop)
        let costs = self.costs(.account, job)
        return JobResult(.succeeded) { db in
            try await record.write(on: &db)
            try await Self.charge(costs, job, account, on: &db)
        }
    }

    private func costs(_ read: ChargedRead, _ job: ClaimedJob) -> [CallCost] {
        self.services.registry[PlatformID(rawValue: job.provider)]?.charging?.charges(for: read) ?? []
    }

    private static func charge(
        _ costs: [CallCost], _ job: ClaimedJob, _ account: AccountID, on db: inout Transaction
    ) async throws {
        try await ApiCostRepository.append(
            costs, client: job.client, account: account, platform: PlatformID(rawValue: job.provider), on: &db)
    }

    private func read(
        _ round: MetricRound, _ job: ClaimedJob, _ account: AccountID, _ metrics: any MetricsFetching
    ) async throws -> JobResult {
        let readings = try await self.readings(of: round, job, account, metrics)
        let entries = ([round.own] + round.others).compactMap { entry in
            readings.first { $0.postID == entry.remote.id }
                .map { SampleRecord.Entry(publication: entry.publication, reading: $0) }
        }
        let record = SampleRecord(client: job.client, account: account, entries: entries, stop: self.stop)
        // What could not be read fails alone: the jobs of the others ask for themselves.
        var result = entries.first?.publication == round.own.publication ? .succeeded : Self.nothing("publication")
        let news = TimingNews(client: job.client, account: account, platform: PlatformID(rawValue: job.provider))
        let jobs = self.services.jobs
        let costs = self.costs(.ownPosts(entries.count { !$0.reading.isGone }), job)
        result.record = JobResult.Record { db in
            try await Self.charge(costs, job, account, on: &db)
            let fit = try await news.job(before: entries, on: &db)
            try await record.write(on: &db)
            if let fit { _ = try await jobs.enqueue([fit], on: &db) }
        }
        return result
    }

    private func readings(
        of round: MetricRound, _ job: ClaimedJob, _ account: AccountID, _ metrics: any MetricsFetching
    ) async throws -> [MetricReading] {
        do {
            return try await self.call(([round.own] + round.others).map(\.remote), job, account, metrics)
        } catch let error as PluginError where !round.others.isEmpty && Self.asksAlone(after: error) {
            return try await self.call([round.own.remote], job, account, metrics)
        }
    }

    /// Whether the job's own publication is asked for by itself: one of several may be what the platform refuses, which it does not say;
    /// or a limit never allows so many at once.
    private static func asksAlone(after error: PluginError) -> Bool {
        if let limit = error.limit { return limit.until == nil }
        return error.code == .permanent
    }

    private func call(
        _ posts: [RemotePost], _ job: ClaimedJob, _ account: AccountID, _ metrics: any MetricsFetching
    ) async throws -> [MetricReading] {
        try await self.services.withAccess(client: job.client, account: account, for: "metrics", givesWay: true) {
            access throws(PluginError) in
            try await metrics.metrics(MetricsRequest(access: access, posts: posts))
        }
    }

    private static func nothing(_ of: String) -> JobResult {
        JobResult(.failed(JobFailure(code: "permanent", message: "the platform gave no reading of the \(of)")))
    }
}
