// SPDX-License-Identifier: MIT

package import Domain
import Foundation
import PQClient

extension JobStore {
    /// Says why a job is not running now.
    ///
    /// It only reads, and asks for each reason what a claim asks; what is said may have changed a moment later.
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - client: Its owner, when known.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    /// - Returns: nil when there is no such job.
    package func explain(_ id: JobID, client: ClientID? = nil) async throws -> JobExplanation? {
        guard let job = try await self.job(id, client: client) else { return nil }
        let spec = job.spec
        let now: Date = try await self.pool.query("SELECT world_now()").single()
        var hindrances = try await self.place(of: job)
        guard job.state == .ready || job.state == .scheduled else {
            hindrances += try await self.unknownEffects(of: spec)
            return JobExplanation(
                job: job, hindrances: hindrances, turn: nil,
                start: StartEstimate(hindrances, ahead: 0, slots: 1, averageRun: nil, now: now), at: now)
        }
        if spec.dueAt > now { hindrances.append(.notDue(until: spec.dueAt)) }
        hindrances += try await self.unknownEffects(of: spec)
        let app = try await self.pool.withConnection { db in
            try await Self.app(of: spec.account, client: spec.client, provider: spec.provider, on: &db)
        }
        hindrances += try await self.pauses().filter { $0.scope.holds(spec, of: app) }.map { .paused($0) }
        let scopes = try await self.scopes(of: spec)
        let limits = LimitStore(pool: self.pool)
        hindrances += try await limits.gates()
            .filter { gate in
                scopes.contains(gate.scope) && (gate.queue ?? spec.queue) == spec.queue
            }
            .map { .closed($0) }
        hindrances += try await limits.limits(of: scopes)
            .filter { ($0.nextAt ?? now) > now }
            .map { .spent($0) }
        let slots = try await self.slots(of: spec)
        if let taken = slots.taken { hindrances.append(taken) }
        hindrances += try await self.runningLimits(of: spec, scopes)
        if let workers = try await self.missingWorkers(for: spec) { hindrances.append(workers) }
        let turn = job.state == .ready ? try await self.turn(of: spec) : nil
        let averageRun = try await self.averageRun(like: spec)
        return JobExplanation(
            job: job, hindrances: hindrances, turn: turn,
            start: StartEstimate(
                hindrances, ahead: turn?.ahead ?? 0, slots: slots.limit, averageRun: averageRun, now: now),
            at: now)
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

    /// How many jobs of its account run at once in its queue, and who has the slots when none is free.
    private func slots(of spec: JobSpec) async throws -> (limit: Int, taken: JobHindrance?) {
        guard let account = spec.account else { return (1, nil) }
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
        return (Int(limit), holders.count >= limit ? .accountSlots(limit: Int(limit), holders: holders) : nil)
    }

    /// The full limits of its client and app.
    private func runningLimits(of spec: JobSpec, _ scopes: [LimitScope]) async throws -> [JobHindrance] {
        var hindrances: [JobHindrance] = []
        for scope in scopes {
            for queue in [nil, spec.queue] {
                let limits: [Int32] = try await self.pool.query(
                    "SELECT max_running FROM running_limit WHERE scope = \(scope.gate(queue))"
                ).column()
                guard let limit = limits.first else { continue }
                let holders = try await self.pool.query(
                    """
                    SELECT l.job_id, l.worker_id, l.claimed_at
                    FROM lease_slot s
                    JOIN job_lease l ON l.client_id = s.client_id AND l.job_id = s.job_id AND l.lease_no = s.lease_no
                    WHERE s.scope = \(scope.gate(queue))
                    ORDER BY l.claimed_at, l.job_id
                    """
                ).map { row throws in try SlotHolder(row) }
                guard holders.count >= limit else { continue }
                hindrances.append(
                    .runningLimit(scope: scope, queue: queue, limit: Int(limit), holders: holders))
            }
        }
        return hindrances
    }

    /// Whether no living worker can run it, or all that can are full.
    private func missingWorkers(for spec: JobSpec) async throws -> JobHindrance? {
        let row = try await self.pool.query(
            """
            SELECT count(*) AS serving,
                   count(*) FILTER (WHERE can) AS able,
                   coalesce(sum(slots) FILTER (WHERE can), 0) AS slots,
                   coalesce(sum(running) FILTER (WHERE can), 0) AS running
            FROM (
                SELECT w.slots, w.running,
                       w.abilities && ARRAY[\(spec.kind) || '/*', \(spec.kind) || '/' || \(spec.provider)] AS can
                FROM worker w
                WHERE w.state = 'active' AND \(spec.queue) = ANY (w.queues)
                  AND w.beat_at > clock_timestamp() - make_interval(secs => w.dead_after_ms / 1000.0)
            ) AS living
            """
        ).first
        guard let row else { return nil }
        let able: Int64 = try row.get("able")
        guard able > 0 else { return .noWorker(serving: Int(try row.get("serving", as: Int64.self))) }
        let running: Int64 = try row.get("running")
        guard running >= (try row.get("slots", as: Int64.self)) else { return nil }
        return .workersBusy(workers: Int(able), running: Int(running))
    }

    private func turn(of spec: JobSpec) async throws -> JobExplanation.Turn {
        let row = try await self.pool.query(
            """
            SELECT (SELECT count(*)
                    FROM job_ready r
                    WHERE r.era = \(ReadyEra.current) AND r.queue = \(spec.queue) AND r.client_id = \(spec.client)
                      AND r.account_id = \(spec.account ?? .none)
                      AND (r.priority, r.due_at, r.job_id) < (\(spec.priority), \(spec.dueAt), \(spec.id))) AS ahead,
                   count(*) AS lanes, count(DISTINCT client_id) AS clients
            FROM (SELECT DISTINCT client_id, account_id FROM job_ready
                  WHERE era = \(ReadyEra.current) AND queue = \(spec.queue)) AS lane
            """
        ).first
        guard let row else { return JobExplanation.Turn(ahead: 0, lanes: 0, clients: 0) }
        return JobExplanation.Turn(
            ahead: Int(try row.get("ahead", as: Int64.self)), lanes: Int(try row.get("lanes", as: Int64.self)),
            clients: Int(try row.get("clients", as: Int64.self)))
    }

    /// How long jobs of the same kind of its account ran in the last hour, on average.
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

extension SlotHolder {
    fileprivate init(_ row: Row) throws(PQError) {
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
