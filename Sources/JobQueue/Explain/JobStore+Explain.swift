// SPDX-License-Identifier: MIT

package import Domain
import Foundation
import PQClient

extension JobStore {
    /// Says why a job is not running now.
    ///
    /// It only reads, and asks for each reason what a claim asks, then what stops the job's calls; what is said may have changed a moment
    /// later.
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - client: Its owner, when known.
    ///   - calls: What is known of the endpoints that jobs call.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    /// - Returns: nil when there is no such job.
    package func explain(
        _ id: JobID, client: ClientID? = nil, calls: JobCalls = .unknown
    ) async throws -> JobExplanation? {
        guard let job = try await self.job(id, client: client) else { return nil }
        let spec = job.spec
        guard let clock = try await self.pool.query(LimitStore.clock).first.map({ row throws in try LimitClock(row) })
        else { return nil }
        let now = clock.now
        var facts = StartEstimate.Facts(hindrances: try await self.place(of: job), now: now)
        guard job.state == .ready || job.state == .scheduled else {
            facts.hindrances += try await self.unknownEffects(of: spec)
            return JobExplanation(
                job: job, hindrances: facts.hindrances, turn: nil, start: StartEstimate(facts), at: now)
        }
        let scopes = try await self.scopes(of: spec)
        if spec.dueAt > now { facts.hindrances.append(try await self.notDue(spec)) }
        facts.hindrances += try await self.unknownEffects(of: spec)
        let app = try await self.pool.withConnection { db in
            try await Self.app(of: spec.account, client: spec.client, provider: spec.provider, on: &db)
        }
        facts.hindrances += try await self.pauses().filter { $0.scope.holds(spec, of: app) }.map { .paused($0) }
        let gates = try await self.closings(of: spec, scopes)
        facts.hindrances += gates.filter { $0.endpoint == nil }.map { .closed($0) }
        let slots = try await self.slots(of: spec)
        facts.account = slots.map { (slots: $0.limit, taken: $0.holders.count) }
        if let slots, slots.holders.count >= slots.limit {
            facts.hindrances.append(.accountSlots(limit: slots.limit, holders: slots.holders))
        }
        facts.limits = try await self.runningLimits(of: spec, scopes)
        facts.hindrances += facts.limits.filter(\.isFull).map {
            .runningLimit(scope: $0.scope, queue: $0.queue, limit: $0.allowed, holders: $0.holders)
        }
        let (pool, serving) = try await self.workerPool(for: spec)
        facts.pool = pool
        if let pool, pool.free == 0 { facts.hindrances.append(.workersBusy(pool)) }
        if pool == nil { facts.hindrances.append(.noWorker(serving: serving)) }
        facts.hindrances += try await self.stops(of: spec, scopes, gates, calls)
        facts.turn = job.state == .ready ? try await self.turn(of: spec) : nil
        // Runs are measured in real time; a clock that stands still is not waited for.
        let rate = clock.rate > 0 ? clock.rate : 1
        facts.accountRun = try await self.averageRun(like: spec).map { $0 * rate }
        facts.queueRun = try await self.averageRun(in: spec.queue).map { $0 * rate }
        return JobExplanation(
            job: job, hindrances: facts.hindrances, turn: facts.turn, start: StartEstimate(facts), at: now)
    }

    /// That its time has not come, and what chose the time.
    private func notDue(_ spec: JobSpec) async throws -> JobHindrance {
        let last = try await self.lastAttempt(of: spec.id, client: spec.client)
        // Somebody may have given it another time since.
        return .notDue(until: spec.dueAt, after: last?.nextDueAt == spec.dueAt ? last : nil)
    }

    /// What closes a scope of the job, as a claim asks for it or for one endpoint.
    private func closings(of spec: JobSpec, _ scopes: [LimitScope]) async throws -> [GateView] {
        try await LimitStore(pool: self.pool).gates().filter { gate in
            scopes.contains(gate.scope) && (gate.queue ?? spec.queue) == spec.queue
        }
    }

    /// What does not stop its start but what it sends: a claim asks for no endpoint and no rate.
    private func stops(
        of spec: JobSpec, _ scopes: [LimitScope], _ gates: [GateView], _ calls: JobCalls
    ) async throws -> [JobHindrance] {
        let closed: [JobHindrance] = gates.compactMap { gate in
            guard let endpoint = gate.endpoint else { return nil }
            let use = calls.use(of: endpoint, by: spec)
            return use == .never ? nil : .endpointClosed(gate, use)
        }
        let limits = try await LimitStore(pool: self.pool).limits(
            of: scopes, clients: spec.account.map { [$0: spec.client] } ?? [:])
        return closed
            + limits.filter { $0.nextAt != nil }.compactMap { limit in
                let use = calls.use(of: limit.key.endpoint, counts: limit.key.counts, by: spec)
                return use == .never ? nil : .spent(limit, use)
            }
    }

    /// What the place of a job that cannot be claimed says.
    private func place(of job: JobSummary) async throws -> [JobHindrance] {
        switch job.state {
        case .scheduled, .ready: return []
        case .held: return [.held(reason: job.reason ?? "held", failure: job.failure)]
        case .succeeded, .failed, .cancelled: return [.ended(job.state, at: job.since)]
        case .leased:
            guard let lease = job.lease else { return [] }
            let worker = try await self.workers(includingEnded: true).first { $0.id == lease.worker }
            return [.running(lease, since: job.since, worker: worker)]
        }
    }

    private func unknownEffects(of spec: JobSpec) async throws -> [JobHindrance] {
        let rows = try await self.pool.query(
            """
            SELECT op_key, part, sent_at
            FROM effect
            WHERE client_id = \(spec.client) AND job_id = \(spec.id) AND state = 'unknown'
            ORDER BY op_key, part
            """)
        return try rows.map { row throws in
            .unknownEffect(
                try row.get("op_key"), part: Int(try row.get("part", as: Int32.self)), since: try row.get("sent_at"))
        }
    }

    /// Everything that a limit or a gate of the job can be kept for.
    private func scopes(of spec: JobSpec) async throws -> [LimitScope] {
        var scopes: [LimitScope] = [.client(spec.client), .provider(spec.provider)]
        guard let account = spec.account else { return scopes }
        scopes.append(.account(account))
        let app: AppID? = try await self.pool.query(
            "SELECT app_id FROM lane_policy WHERE client_id = \(spec.client) AND account_id = \(account)"
        ).first?.get(0)
        if let app { scopes.append(.app(app)) }
        return scopes
    }

    /// How many jobs of its account may run at once in its queue, and which do; nil for work of no account, which has no slots.
    private func slots(of spec: JobSpec) async throws -> (limit: Int, holders: [SlotHolder])? {
        guard let account = spec.account else { return nil }
        let limit: Int32 = try await self.pool.query(
            """
            SELECT coalesce((SELECT slots FROM lane_policy
                             WHERE client_id = \(spec.client) AND account_id = \(account)),
                            (SELECT account_slots FROM queue_policy WHERE queue = \(spec.queue)),
                            \(Self.accountSlots))
            """
        ).single()
        let holders = try await self.pool.query(
            """
            SELECT job_id, worker_id, claimed_at
            FROM job_lease
            WHERE era = \(LeaseEra.current) AND client_id = \(spec.client) AND account_id = \(account)
              AND queue = \(spec.queue)
            ORDER BY claimed_at, job_id
            """
        ).map { row throws in try SlotHolder(row) }
        return (Int(limit), holders)
    }

    /// The limits of its client, app and platform, and who runs within them.
    private func runningLimits(of spec: JobSpec, _ scopes: [LimitScope]) async throws -> [RunningLimit] {
        var limits: [RunningLimit] = []
        for scope in scopes {
            for queue in [nil, spec.queue] {
                let allowed: [Int32] = try await self.pool.query(
                    "SELECT max_running FROM running_limit WHERE scope = \(scope.gate(queue))"
                ).column()
                guard let allowed = allowed.first else { continue }
                let holders = try await self.pool.query(
                    """
                    SELECT l.job_id, l.worker_id, l.claimed_at
                    FROM lease_slot s
                    JOIN job_lease l ON l.client_id = s.client_id AND l.job_id = s.job_id AND l.lease_no = s.lease_no
                    WHERE s.scope = \(scope.gate(queue))
                    ORDER BY l.claimed_at, l.job_id
                    """
                ).map { row throws in try SlotHolder(row) }
                limits.append(RunningLimit(scope: scope, queue: queue, allowed: Int(allowed), holders: holders))
            }
        }
        return limits
    }

    /// How long jobs of the same kind of its account ran in the last hour, on average, in real time.
    private func averageRun(like spec: JobSpec) async throws -> Duration? {
        let average: Double? = try await self.pool.query(
            """
            SELECT avg(duration_ms)::double precision
            FROM attempt
            WHERE client_id = \(spec.client) AND account_id = \(spec.account ?? .none) AND kind = \(spec.kind)
              AND duration_ms IS NOT NULL AND outcome IN ('succeeded', 'retry', 'failed')
              AND finished_at > world_now() - interval '1 hour'
            """
        ).first?.get(0)
        return average.map { .milliseconds(Int64($0)) }
    }
}

/// How many jobs of a client, an app or a platform may run at once, and which do.
struct RunningLimit: Sendable {
    var scope: LimitScope
    var queue: QueueName?
    var allowed: Int
    var holders: [SlotHolder]

    var isFull: Bool { self.holders.count >= self.allowed }
}

extension SlotHolder {
    init(_ row: Row) throws(PQError) {
        self.init(job: try row.get("job_id"), worker: try row.get("worker_id"), since: try row.get("claimed_at"))
    }
}

extension PauseScope {
    /// Whether a job of an app is within it.
    func holds(_ job: JobSpec, of app: LimitScope) -> Bool {
        switch self {
        case .queue(let queue): queue == job.queue
        case .client(let client): client == job.client
        case .clientQueue(let client, let queue): client == job.client && queue == job.queue
        case .account(let client, let account): client == job.client && account == job.account
        case .accountQueue(let client, let account, let queue):
            client == job.client && account == job.account && queue == job.queue
        case .app(let paused, let queue): paused == app && queue == job.queue
        }
    }
}
