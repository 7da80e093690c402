// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import JobQueue
package import PQClient
import Persistence

/// Plans recurring work: checks it, stores it, and lets people stop it and run it by hand.
package struct ScheduleService: Sendable {
    /// How long before their time a schedule's posts are made, so that people see them in the calendar and can change them.
    package static let usualPostLead = Duration.seconds(86_400)

    let pool: ConnectionPool
    let jobs: JobStore
    let registry: PluginRegistry

    /// Makes a service.
    package init(pool: ConnectionPool, jobs: JobStore, registry: PluginRegistry) {
        self.pool = pool
        self.jobs = jobs
        self.registry = registry
    }

    private var store: ScheduleStore { ScheduleStore(jobs: self.jobs) }

    /// Adds a schedule.
    ///
    /// - Parameters:
    ///   - request: The schedule.
    ///   - actor: Who adds it.
    ///   - isDryRun: Whether it is only checked.
    /// - Returns: The schedule with its first slot.
    /// - Throws: `ServiceError`: `invalid` with everything that is wrong, `notFound`, `conflict` when the name is in use.
    package func add(_ request: ScheduleRequest, actor: String, isDryRun: Bool = false) async throws -> ScheduleEntry {
        try await self.pool.withTransaction { db in
            guard Slug(rawValue: request.name) != nil else {
                throw ServiceError(
                    .invalid, "'\(request.name)' is no name: use 1 to 63 lower-case letters, digits and hyphens")
            }
            let directory = try await ClientDirectory.load(request.client, on: &db)
            let now = try await WorldTime.now(on: &db)
            let plan = try request.time.plan(clientZone: directory.client.timeZone, now: now)
            var schedule = Schedule(
                client: directory.client.id, name: request.name, plan: plan, catchUp: request.catchUp,
                grace: request.grace, jitter: request.jitter,
                work: try await self.template(request, directory, actor: actor, on: &db), createdBy: actor)
            switch request.work {
            case .post:
                schedule.runsAhead = true
                schedule.lead = Self.usualPostLead
            case .metrics:
                schedule.readsPresent = true
                guard case .upTo = request.catchUp else { break }
                throw ServiceError(
                    .invalid,
                    "a metric sweep reads the numbers as they are now, so one stands for all that were missed: "
                        + "its catch-up is latest or none, not \(request.catchUp)")
            }
            if let lead = request.lead { schedule.lead = lead }
            guard try await self.store.find(request.name, client: directory.client.id, on: &db) == nil else {
                throw ServiceError(
                    .conflict, "client '\(directory.client.slug)' has a schedule '\(request.name)' already")
            }
            let notes = try await self.nearness(of: schedule, directory, now: now, on: &db)
            if !isDryRun {
                schedule = try await self.store.add(schedule, on: &db)
                try await self.log(schedule, actor: actor, from: nil, to: schedule.state, reason: nil, on: &db)
            }
            return ScheduleEntry(client: directory.client, schedule: schedule, notes: notes)
        }
    }

    /// What of a schedule's next posts comes too near to other posts of its accounts, or to each other.
    private func nearness(
        of schedule: Schedule, _ directory: ClientDirectory, now: Date, on db: inout Transaction
    ) async throws -> [PostIssue] {
        guard schedule.work.kind == .makePost else { return [] }
        let template: PostTemplate = try JSONColumn.decode(schedule.work.payload)
        guard !template.isDraft else { return [] }
        let end = now.addingTimeInterval(PostComparison.window)
        let dates = schedule.plan.slots(from: now).lazy.prefix { $0.instant.map { $0 <= end } ?? true }
            .compactMap { schedule.dueAt($0) }
        return try await PostComparison.nearness(
            of: Array(dates), on: template.accounts.map { try directory.account($0) }, of: directory.client,
            schedules: self.store, &db)
    }

    private func template(
        _ request: ScheduleRequest, _ directory: ClientDirectory, actor: String, on db: inout Transaction
    ) async throws -> JobTemplate {
        switch request.work {
        case .post(var draft):
            draft.accounts = try draft.accounts.map { try directory.account($0).slug.rawValue }
            let template = PostTemplate(draft)
            draft.isDraft = true
            draft.time = .unplanned
            let posts = PostService(pool: self.pool, jobs: self.jobs, registry: self.registry)
            _ = try await posts.preparer(client: request.client, actor: actor, on: &db).prepare(draft)
            return JobTemplate(queue: .publish, kind: .makePost, payload: try JSONColumn.encode(template))
        case .metrics(let accounts, let days):
            let sweep = MetricSweep(accounts: try accounts.map { try directory.account($0).id }, days: days)
            return JobTemplate(queue: .metrics, kind: .sweepMetrics, payload: try JSONColumn.encode(sweep))
        }
    }

    /// Lists schedules by client and name.
    ///
    /// - Throws: `ServiceError` with code `notFound`.
    package func list(client: String?) async throws -> [ScheduleEntry] {
        try await self.pool.withTransaction { db in
            if let client {
                let owner = try await ClientDirectory.client(client, on: &db)
                return try await self.store.list(client: owner.id, on: &db).map {
                    ScheduleEntry(client: owner, schedule: $0)
                }
            }
            var clients: [ClientID: ClientRow] = [:]
            for client in try await ClientRepository.list(states: ClientState.allCases, on: &db) {
                clients[client.id] = client
            }
            return try await self.store.list(client: nil, on: &db).compactMap { schedule in
                clients[schedule.client].map { ScheduleEntry(client: $0, schedule: schedule) }
            }
        }
    }

    /// Finds a schedule of a client by name or identity, with the slots decided last.
    ///
    /// - Throws: `ServiceError` with code `notFound`.
    package func show(_ reference: String, client: String) async throws -> (entry: ScheduleEntry, slots: [DecidedSlot])
    {
        try await self.pool.withTransaction { db in
            let entry = try await self.entry(reference, client: client, on: &db)
            return (entry, try await self.store.slots(of: entry.schedule, on: &db))
        }
    }

    /// The world's present moment.
    package func now() async throws -> Date {
        try await self.pool.withConnection { db in try await WorldTime.now(on: &db) }
    }

    /// Stops a schedule until it is resumed; what it made already stays.
    ///
    /// - Throws: `ServiceError`: `notFound`, `conflict` when it is not active.
    package func pause(_ reference: String, client: String, actor: String, reason: String?) async throws
        -> ScheduleEntry
    {
        try await self.change(reference, client: client) { entry, db in
            guard try await self.store.pause(entry.schedule, reason: reason, on: &db) else {
                throw ServiceError(.conflict, "schedule '\(entry.schedule.name)' is \(entry.schedule.state.rawValue)")
            }
            try await self.log(entry.schedule, actor: actor, from: .active, to: .paused, reason: reason, on: &db)
        }
    }

    /// Lets a paused schedule go on with the first slot from now on.
    ///
    /// - Throws: `ServiceError`: `notFound`, `conflict` when it is not paused.
    package func resume(_ reference: String, client: String, actor: String, reason: String?) async throws
        -> ScheduleEntry
    {
        try await self.change(reference, client: client) { entry, db in
            guard try await self.store.resume(entry.schedule, on: &db) else {
                throw ServiceError(.conflict, "schedule '\(entry.schedule.name)' is \(entry.schedule.state.rawValue)")
            }
            try await self.log(entry.schedule, actor: actor, from: .paused, to: .active, reason: reason, on: &db)
        }
    }

    /// Runs a schedule's work once, now.
    ///
    /// - Returns: The slot, and whether it is run by this call; else it was triggered in this very second already. A dry run's slot has no job.
    /// - Throws: `ServiceError` with code `notFound`.
    package func trigger(
        _ reference: String, client: String, actor: String, isDryRun: Bool = false
    ) async throws -> (slot: DecidedSlot, isNew: Bool) {
        try await self.pool.withTransaction(retrying: 3) { db in
            let entry = try await self.entry(reference, client: client, on: &db)
            guard isDryRun else { return try await self.store.trigger(entry.schedule, on: &db) }
            let slot = try await self.store.presentSlot(of: entry.schedule, on: &db)
            return (
                DecidedSlot(
                    local: slot.local, fold: slot.fold, at: slot.instant ?? .now, isFired: false, cause: .trigger),
                true
            )
        }
    }

    /// Runs the slots between two local times that no job was made for.
    ///
    /// - Parameters:
    ///   - reference: The schedule's name or identity.
    ///   - client: The client's slug or identity.
    ///   - start: The first local time, in the schedule's zone.
    ///   - end: The last one.
    ///   - pause: How far apart their work is due.
    ///   - isDryRun: Whether they are only listed.
    /// - Returns: The slots; without a job when they were only listed.
    /// - Throws: `ServiceError`: `notFound`, `invalid`; `JobQueueError` with code `invalid` when there are too many.
    package func backfill(
        _ reference: String, client: String, from start: WallTime, to end: WallTime, every pause: Duration,
        isDryRun: Bool
    ) async throws -> [DecidedSlot] {
        try await self.pool.withTransaction(retrying: 3) { db in
            let schedule = try await self.entry(reference, client: client, on: &db).schedule
            let zone = schedule.plan.zone
            let first = LocalPlan(wall: start, zone: zone).resolve().instant
            let last = LocalPlan(wall: end, zone: zone, overlap: .second).resolve().instant
            guard let first, let last, first <= last else {
                throw ServiceError(.invalid, "the backfill's end lies before its beginning")
            }
            let slots = try await self.store.backfillable(schedule, from: first, to: last, on: &db)
            guard isDryRun else { return try await self.store.backfill(slots, of: schedule, every: pause, on: &db) }
            return slots.map { slot in
                DecidedSlot(
                    local: slot.local, fold: slot.fold, at: slot.instant ?? first, isFired: false, cause: .backfill)
            }
        }
    }

    private func entry(
        _ reference: String, client: String, on db: inout some SQLSession & ~Copyable
    ) async throws -> ScheduleEntry {
        let owner = try await ClientDirectory.client(client, on: &db)
        if let schedule = try await self.store.find(reference, client: owner.id, on: &db) {
            return ScheduleEntry(client: owner, schedule: schedule)
        }
        let names = try await self.store.list(client: owner.id, on: &db).map(\.name)
        throw ServiceError(
            .notFound,
            "client '\(owner.slug)' has no schedule '\(reference)'.\(NearestName.hint(reference, in: names)) List them: posthorn schedule list"
        )
    }

    private func change(
        _ reference: String, client: String, _ body: (ScheduleEntry, inout Transaction) async throws -> Void
    ) async throws -> ScheduleEntry {
        try await self.pool.withTransaction(retrying: 3) { db in
            let entry = try await self.entry(reference, client: client, on: &db)
            try await body(entry, &db)
            return try await self.entry(entry.schedule.id.description, client: entry.client.slug.rawValue, on: &db)
        }
    }

    private func log(
        _ schedule: Schedule, actor: String, from: ScheduleState?, to: ScheduleState, reason: String?,
        on db: inout some SQLSession & ~Copyable
    ) async throws {
        try await StateChanges.append(
            [
                StateChange(
                    client: schedule.client, kind: .schedule, subject: schedule.id.uuid, actor: actor,
                    from: from?.rawValue, to: to.rawValue, reason: reason)
            ], on: &db)
    }
}
