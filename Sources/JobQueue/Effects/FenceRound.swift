// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient

/// A request together with who makes it.
struct FenceCall: Sendable {
    var request: FenceRequest
    var job: ClaimedJob
    /// Names this call of the fence: by it a lost answer is found again.
    var token = UUID()

    /// What the effect is known by, for an order.
    var key: (String, String, Int) { (self.job.client.description, self.request.operation, self.request.part) }
}

/// What became of a call of the fence.
enum FenceAnswer: Sendable {
    /// It is on record as *sending* under this number, later than the instant.
    case granted(send: Int32, since: ContinuousClock.Instant, LimitGrant)
    /// The lease is lost, the job is to be cancelled, or the effect is not to be sent.
    case notOurs
    /// A limit, a gate or a condition does not allow it.
    case refused(any Error)
}

/// Fences of sends that begin at the same moment, in one transaction of two round trips: the first looks and locks, the second writes what
/// was decided.
///
/// Locks are taken in one order: leases, effects, what the sends depend on, limits. With the lease locked, rescue, cancel and fence come one
/// after the other; an effect changes only from *prepared*, and never for the job that looks.
struct FenceRound {
    private let calls: [FenceCall]
    private var answers: [FenceAnswer]
    /// Before anything was asked; what waits for its group, or for a connection, loses nothing of its time.
    private let since = ContinuousClock.now

    private init(_ calls: [FenceCall]) {
        self.calls = calls
        self.answers = calls.map { _ in .notOurs }
    }

    /// Passes the fence for each call that may.
    ///
    /// - Returns: One answer per call, in order.
    /// - Throws: What a call's own condition threw, which goes alone, or ``PQError``; then nothing was fenced, unless its outcome is unknown.
    static func pass(_ calls: [FenceCall], on pool: ConnectionPool) async throws -> [FenceAnswer] {
        try await pool.withTransaction(retrying: 3) { db in
            var round = FenceRound(calls)
            try await round.decide(on: &db)
            return round.answers
        }
    }

    private mutating func decide(on db: inout Transaction) async throws {
        let limited = self.calls.compactMap(\.request.call)
        let conditions = Self.conditions(self.calls)
        // What a call asks for itself may take its time: no limit is locked meanwhile.
        let looksAtOnce = !limited.isEmpty && self.calls.allSatisfy { $0.request.also == nil }
        var statements = [CallGroup<FenceCall, FenceAnswer>.patience(of: self.calls.count), JobStore.planOnIndexes]
        let first = statements.count
        statements += [Self.leases(self.calls), Self.effects(self.calls)]
        statements += conditions.map { positions, rule in
            rule.holding(positions.compactMap { self.calls[$0].request.condition })
        }
        if looksAtOnce { statements += LimitRound.look(limited) }
        let seen = Array(try await db.pipeline(statements).dropFirst(first))

        var candidates = Self.positions(try seen[0].column()).intersection(try self.sendable(seen[1]))
        for (index, (positions, _)) in conditions.enumerated() {
            let holding = Set(Self.positions(try seen[2 + index].column()).map { positions[$0] })
            for position in positions where candidates.contains(position) && !holding.contains(position) {
                self.answers[position] = .refused(SubjectChanged())
                candidates.remove(position)
            }
        }
        guard !candidates.isEmpty else { return }
        for position in candidates.sorted() { try await self.calls[position].request.also?(&db) }
        var limits: LimitRound?
        if looksAtOnce {
            limits = try await LimitRound.open(limited, seen: seen[(2 + conditions.count)...], on: &db)
        } else if !limited.isEmpty {
            limits = try await LimitRound.open(limited, on: &db)
        }
        try await self.write(candidates.sorted(), &limits, on: &db)
    }

    /// Debits what may be sent, and writes what was granted.
    private mutating func write(_ candidates: [Int], _ limits: inout LimitRound?, on db: inout Transaction) async throws
    {
        var granted: [(position: Int, debit: LimitGrant)] = []
        for position in candidates {
            let call = self.calls[position]
            do {
                let debit = try call.request.call.map { try limits?.debit($0, since: self.since) ?? LimitGrant() }
                granted.append((position, debit ?? LimitGrant()))
            } catch {
                self.answers[position] = .refused(error)
            }
        }
        guard !granted.isEmpty else { return }
        let sends = Self.send(granted.map { self.calls[$0.position] })
        let written = try await db.pipeline([sends] + [limits?.update].compactMap(\.self))[0]
        for row in written {
            let (position, debit) = granted[Int(try row.get("ordinal", as: Int64.self)) - 1]
            self.answers[position] = .granted(send: try row.get("send_no"), since: self.since, debit)
        }
    }

    /// The calls of each kind of condition.
    private static func conditions(_ calls: [FenceCall]) -> [(positions: [Int], rule: any FenceRule.Type)] {
        var found: [(positions: [Int], rule: any FenceRule.Type)] = []
        for position in calls.indices {
            guard let rule = calls[position].request.condition?.rule else { continue }
            if let known = found.firstIndex(where: { ObjectIdentifier($0.rule) == ObjectIdentifier(rule) }) {
                found[known].positions.append(position)
            } else {
                found.append(([position], rule))
            }
        }
        return found
    }

    /// Which calls have an effect that may be sent; of two for the same effect the first.
    private func sendable(_ rows: Rows) throws -> Set<Int> {
        var known: [Int: Bool] = [:]
        for row in rows { known[Int(try row.get("ordinal", as: Int64.self)) - 1] = try row.get("is_sendable") }
        var taken: Set<String> = []
        return Set(
            self.calls.indices.filter { position in
                let call = self.calls[position]
                guard known[position] ?? call.request.mayBeNew else { return false }
                return taken.insert("\(call.job.client) \(call.request.operation) \(call.request.part)").inserted
            })
    }

    private static func positions(_ ordinals: [Int64]) -> Set<Int> { Set(ordinals.map { Int($0) - 1 }) }

    // MARK: Statements

    /// Our leases, not asked to cancel; locked against rescue and cancel until the transaction ends.
    ///
    /// What is locked is locked in the order of the rows given: each is looked up in a subquery of its own, which keeps its place and its
    /// index whatever the table held when that was planned (`docs/decisions/0022-eras.md`).
    static func leases(_ calls: [FenceCall]) -> Statement {
        let order = calls.indices.sorted { calls[$0].job.lease.number < calls[$1].job.lease.number }
        return """
            SELECT call.ordinal
            FROM unnest(\(order.map { calls[$0].job.id }), \(order.map { calls[$0].job.client }),
                        \(order.map { calls[$0].job.lease.number }), \(order.map { Int64($0 + 1) }))
                 AS call (job_id, client_id, lease_no, ordinal)
            CROSS JOIN LATERAL (
                SELECT
                FROM job_lease l
                WHERE l.job_id = ANY (ARRAY[call.job_id]) AND l.client_id IS NOT DISTINCT FROM call.client_id
                  AND l.lease_no = call.lease_no AND l.cancel_reason IS NULL
                FOR SHARE
            ) AS held
            """
    }

    static func effects(_ calls: [FenceCall]) -> Statement {
        let order = calls.indices.sorted { calls[$0].key < calls[$1].key }
        return """
            SELECT call.ordinal, e.state = 'prepared' AND e.min_lease_no <= call.lease_no
                       AND e.reconcile_job IS DISTINCT FROM call.job_id AS is_sendable
            FROM unnest(\(order.map { calls[$0].job.client }), \(order.map { calls[$0].request.operation }),
                        \(order.map { Int32(calls[$0].request.part) }), \(order.map { calls[$0].job.id }),
                        \(order.map { calls[$0].job.lease.number }), \(order.map { Int64($0 + 1) }))
                 AS call (client_id, op_key, part, job_id, lease_no, ordinal)
            CROSS JOIN LATERAL (
                SELECT state, min_lease_no, reconcile_job
                FROM effect
                WHERE client_id = call.client_id AND op_key = call.op_key AND part = call.part
                FOR UPDATE
            ) AS e
            """
    }

    /// Puts sends on record; its rows are the positions of the calls and the numbers of their sends.
    static func send(_ calls: [FenceCall]) -> Statement {
        """
        WITH clock AS MATERIALIZED (SELECT world_now() AS now),
        call AS MATERIALIZED (
            SELECT *
            FROM unnest(\(calls.map(\.job.client)), \(calls.map(\.request.operation)),
                        \(calls.map { Int32($0.request.part) }), \(calls.map(\.token)), \(calls.map(\.job.id)),
                        \(calls.map(\.job.kind)), \(calls.map { $0.job.account ?? AccountID.none }),
                        \(calls.map(\.job.provider)), \(calls.map(\.job.spec.recovery)),
                        \(calls.map(\.job.lease.number)), \(calls.map(\.job.lease.worker)),
                        \(calls.map(\.request.endpoint)))
                 WITH ORDINALITY AS given (
                     client_id, op_key, part, token, job_id, kind, account_id, provider, recovery, lease_no, worker_id,
                     endpoint, ordinal
                 )
        ),
        sending AS (
            INSERT INTO effect AS e (
                client_id, op_key, part, job_id, kind, account_id, provider, state, send_no, lease_no, prepared_at,
                sent_at, recovery
            )
            SELECT client_id, op_key, part, job_id, kind, account_id, provider, 'sending', 1, lease_no, now, now, recovery
            FROM call
            CROSS JOIN clock
            ON CONFLICT (client_id, op_key, part) DO UPDATE
            SET state = 'sending', send_no = e.send_no + 1, lease_no = excluded.lease_no, job_id = excluded.job_id,
                sent_at = excluded.sent_at, evidence = NULL, resolved_at = NULL, resolved_by = NULL, absent_reads = 0,
                last_read_at = NULL, reconcile_job = NULL
            WHERE e.state = 'prepared' AND e.min_lease_no <= excluded.lease_no
              AND e.reconcile_job IS DISTINCT FROM excluded.job_id
            RETURNING e.client_id, e.op_key, e.part, e.send_no, e.account_id, e.provider, e.sent_at
        ),
        told AS (
            INSERT INTO effect_send (
                client_id, op_key, part, send_no, token, job_id, account_id, provider, lease_no, worker_id,
                sent_at, sent_real, endpoint
            )
            SELECT s.client_id, s.op_key, s.part, s.send_no, call.token, call.job_id, s.account_id, s.provider,
                   call.lease_no, call.worker_id, s.sent_at, clock_timestamp(), call.endpoint
            FROM sending s
            JOIN call ON call.client_id = s.client_id AND call.op_key = s.op_key AND call.part = s.part
        )
        SELECT call.ordinal, s.send_no
        FROM sending s
        JOIN call ON call.client_id = s.client_id AND call.op_key = s.op_key AND call.part = s.part
        """
    }
}
