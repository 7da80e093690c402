// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import Publishing

/// How jobs are found, waited for and shown.
enum JobRows {
    static let columns = [
        Column("id", "JOB", "its id"),
        Column("kind", "KIND", "publish, boost, fetch-metrics, fetch-comment, reconcile, …"),
        Column("client", "CLIENT", "the client's slug"), Column("account", "ACCOUNT", "the account's slug"),
        Column("platform", nil, "the platform"), Column("queue", nil, "the queue"),
        Column("state", "STATE", "scheduled, ready, leased, held, succeeded, failed or cancelled"),
        Column("due_at", "DUE", "when it is due, in the client's zone"),
        Column("attempt", "TRIES", "how many attempts failed"),
        Column("crashes", nil, "how often a worker died with it"), Column("deferrals", nil, "how often it was put off"),
        Column("max_attempts", nil, "how many attempts it gets"), Column("priority", nil, "low first"),
        Column(
            "subject", nil, "what it acts on: a target, publication, account or boost, or the job that waits for it"),
        Column("key", nil, "its key"),
        Column("worker", nil, "the worker that runs it"), Column("since", nil, "when it was claimed, held or finished"),
        Column("reason", "WHY", "why it is held, was cancelled or failed", isFlexible: true),
        Column("error_code", nil, "the class of what went wrong last"), Column("created_at", nil, "when it was made"),
    ]

    /// Slugs of clients and accounts.
    struct Names {
        private var clients: [ClientID: ClientRow] = [:]
        private var accounts: [AccountID: AccountRow] = [:]
        private var apps: [AppID: AppRow] = [:]

        init(_ services: ServiceContext) async throws {
            for client in try await services.clients.list(all: true) { self.clients[client.id] = client }
            for found in try await services.accounts.list() { self.accounts[found.account.id] = found.account }
            for app in try await services.apps.list() { self.apps[app.id] = app }
        }

        func client(_ id: ClientID) -> String { self.clients[id]?.slug.rawValue ?? id.description }
        func zone(of id: ClientID) -> String { self.clients[id]?.timeZone ?? "UTC" }
        /// An app's name; the platform's for the one of the configuration.
        func app(_ scope: LimitScope) -> String {
            switch scope {
            case .app(let id): self.apps[id].map { "\($0.platform)/\($0.name)" } ?? "\(id)"
            case .provider(let name): name
            case .account, .client: "\(scope)"
            }
        }
        func account(_ id: AccountID?) -> String? { id.map { self.accounts[$0]?.slug.rawValue ?? $0.description } }
    }

    static func find(_ text: String, _ services: ServiceContext) async throws -> JobSummary {
        guard let id = JobID(text), let job = try await services.jobs.job(id) else {
            throw CommandError.notFound("job", text, remedy: "`posthorn job list` shows them")
        }
        return job
    }

    static func record(_ job: JobSummary, _ names: Names) -> Record {
        let spec = job.spec
        let zone = names.zone(of: spec.client)
        return Record([
            "id": .text("\(spec.id)"), "kind": .text("\(spec.kind)"), "client": .text(names.client(spec.client)),
            "account": .optional(names.account(spec.account)), "platform": .text(spec.provider),
            "queue": .text("\(spec.queue)"),
            "state": .state(job.state.rawValue), "due_at": .time(spec.dueAt, in: zone),
            "attempt": .count(spec.failures),
            "crashes": .count(spec.crashes), "deferrals": .count(spec.deferrals),
            "max_attempts": .count(spec.maximumAttempts),
            "priority": .count(Int(spec.priority)), "subject": .optional(spec.subject?.uuidString.lowercased()),
            "key": .optional(spec.key), "worker": .optional(job.lease?.worker.description),
            "since": .time(job.since, in: zone),
            "reason": .optional(job.reason ?? job.failure?.message), "error_code": .optional(job.failure?.code),
            "created_at": .time(spec.createdAt, in: zone),
        ])
    }

    static func record(_ attempt: AttemptSummary, zone: String) -> Record {
        Record([
            "attempt": .count(attempt.attempt), "outcome": .state(attempt.outcome),
            "started_at": .time(attempt.startedAt, in: zone),
            "finished_at": .time(attempt.finishedAt, in: zone),
            "duration": attempt.duration.map { .duration($0) } ?? .none,
            "error_code": .optional(attempt.failure?.code),
            "message": .optional(attempt.failure?.message ?? attempt.reason),
            "http_status": attempt.failure?.httpStatus.map { .text(String($0)) } ?? .none,
            "request_id": .optional(attempt.requestID), "next_due_at": .time(attempt.nextDueAt, in: zone),
            "worker": .optional(attempt.worker?.description),
        ])
    }

    static func record(_ effect: Effect, sends: [EffectSend], zone: String) -> Record {
        let last = sends.last { $0.part == effect.part && $0.requestID != nil }
        return Record([
            "operation": .text(effect.operation), "part": .count(effect.part), "state": .state(effect.state.rawValue),
            "sends": .count(effect.sendNumber), "sent_at": .time(effect.sentAt, in: zone),
            "request_id": .optional(last?.requestID), "resolved_by": .optional(effect.resolvedBy),
        ])
    }

    static func duration(_ text: String) throws -> Duration {
        guard let duration = Duration(short: text) else {
            throw CommandError.usage("“\(text)” is no duration", remedy: "write it as 30s, 2m, 1h or 7d")
        }
        return duration
    }

    static func instant(_ time: PostTime, client: ClientID, _ services: ServiceContext) async throws -> Date {
        switch time {
        case .instant(let instant), .slot(let instant, _): return instant
        case .now, .unplanned: return try await services.pool.withConnection { db in try await WorldTime.now(on: &db) }
        case .local(let wall, let given):
            let owner = try await services.clients.show(client.description).client
            let plan = LocalPlan(wall: wall, zone: given ?? ZoneID(rawValue: owner.timeZone) ?? .utc)
            guard let instant = plan.resolve().instant else {
                throw CommandError(.badData, plan.explanation ?? "there is no such time")
            }
            return instant
        }
    }

    /// Waits until jobs have ended, and shows them.
    static func wait(
        for ids: [String], timeout: Duration, _ services: ServiceContext, _ output: Output
    ) async throws {
        let names = try await Names(services)
        let end = ContinuousClock.now + timeout
        while true {
            var jobs: [JobSummary] = []
            for id in ids { jobs.append(try await Self.find(id, services)) }
            let open = jobs.filter { !$0.state.isFinal && $0.state != .held }
            if open.isEmpty {
                output.show(Listing(Self.columns, rows: jobs.map { Self.record($0, names) }))
                let bad = jobs.filter { $0.state != .succeeded }
                guard let first = bad.first else { return }
                throw CommandError(
                    .failed, "\(bad.count) of \(jobs.count) job(s) did not succeed",
                    details: [first.failure.map { "\($0.code): \($0.message)" } ?? first.reason ?? first.state.rawValue]
                )
            }
            guard ContinuousClock.now < end else {
                output.show(Listing(Self.columns, rows: jobs.map { Self.record($0, names) }))
                throw CommandError(
                    .tryAgain, "\(open.count) of \(jobs.count) job(s) have not ended in \(timeout.readable)",
                    remedy: "wait longer with --timeout; is a worker running? `posthorn worker list`")
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    static func change(
        _ id: String, _ context: CommandContext, _ change: ChangeOptions, _ verb: String,
        _ body: (JobSummary, ServiceContext) async throws -> Void
    ) async throws {
        try await context.withServices { services in
            let job = try await Self.find(id, services)
            guard !change.isDryRun else {
                return context.output.note("would \(verb) the job, which is \(job.state.rawValue)")
            }
            try await body(job, services)
            let names = try await Names(services)
            context.output.show(Self.record(try await Self.find(id, services), names))
        }
    }
}
