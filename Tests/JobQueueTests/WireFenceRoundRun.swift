// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Logging
import PQClient
import TestSupport
import Testing
import WireRelay

@testable import JobQueue

/// Sends that pass the fence together through a proxy, with a fault on the way; somebody else ends what that leaves.
///
/// One send goes first, and waits until the others have gathered: they are the next round, which debits a limit that they share. The
/// messages of both are counted from that moment.
struct WireFenceRoundRun: Sendable {
    private static let shared = 3
    private static let limit = 1_000

    let wire: WireRun

    /// Sends once for each job and checks what became of them.
    ///
    /// - Returns: the messages of the fences.
    func once(fault: WireProxy.Fault?) async throws -> [WireMessage] {
        let queue = self.wire.queue
        let pool = ConnectionPool(configuration: self.wire.configuration, logger: Logger(label: "test"))
        _ = try await pool.query("SELECT 1")
        let jobs = (0...Self.shared).map { _ in
            var job = queue.job()
            job.recovery = .reconcile
            return job
        }
        try await queue.store.enqueue(jobs)
        let worker = try await queue.worker()
        let claimed = try await queue.claim(worker)
        try #require(claimed.count == jobs.count)
        let app = LimitScope.app(AppID())
        let key = LimitKey(scope: app, endpoint: "post", window: .seconds(900))
        try await LimitStore(pool: queue.pool).set(key, calls: Self.limit, reason: "test", by: "test")

        let granted = try await self.fences(of: claimed, app, pool, fault: fault)
        let messages = self.wire.proxy.trace
        for (job, grant) in granted {
            self.wire.platform.post(job.id.description)
            let effects = queue.effects(of: job)
            try await effects.confirm(job.id.description, send: grant.sendNumber, evidence: "{}")
        }
        await pool.close()
        try await self.proveDebits(key, worker: worker, but: claimed[0].id)
        for job in jobs { try await self.wire.takeOver(job, from: worker) }
        for job in jobs { try await self.wire.prove(job, recorded: false) }
        return messages
    }

    /// Passes the fence for every job.
    private func fences(
        of jobs: [ClaimedJob], _ app: LimitScope, _ pool: ConnectionPool, fault: WireProxy.Fault?
    ) async throws -> [(ClaimedJob, FenceGrant)] {
        let groups = EffectGroups(largest: 32)
        let log = EventLog()
        let proxy = self.wire.proxy
        return try await withThrowingTaskGroup(of: (ClaimedJob, FenceGrant)?.self) { tasks in
            for (index, job) in jobs.enumerated() {
                let effects = EffectStore(
                    pool: pool, job: job, gate: SendGate(), sendWindow: .seconds(2), crash: .none, groups: groups)
                var request = FenceRequest(job.id.description, endpoint: "post", mayBeNew: true)
                if index == 0 {
                    request.also = { _ in
                        log.add("first")
                        while groups.fences.waitingCount < Self.shared { await Task.yield() }
                        proxy.arm(fault)
                    }
                } else {
                    request.call = LimitedCall(endpoint: "post", scopes: [app])
                    await log.wait(for: "first")
                }
                tasks.addTask { [request] in
                    do {
                        if let grant = try await effects.fence(request) { return (job, grant) }
                        try #require(fault != nil)
                    } catch let error as PQError {
                        try #require(fault != nil && !error.outcomeUnknown, "\(error)")
                    }
                    // No grant and no doubt: nothing was fenced.
                    let effect = try await self.wire.queue.ledger.load(request.operation, client: job.client).first
                    #expect(effect == nil)
                    return nil
                }
            }
            return try await tasks.reduce(into: []) { if let one = $1 { $0.append(one) } }
        }
    }

    /// What the shared limit counts is what is on record as sent, however the answers went.
    private func proveDebits(_ key: LimitKey, worker: WorkerID, but first: JobID) async throws {
        let view = try await LimitStore(pool: self.wire.queue.pool).limits(of: [key.scope]).first { $0.key == key }
        let sends: Int64 = try await self.wire.queue.pool.query(
            "SELECT count(*) FROM effect_send WHERE worker_id = \(worker) AND job_id <> \(first)"
        ).single()
        #expect(try #require(view).used == Int(sends))
        #expect(sends == 0 || sends == Int64(Self.shared))
    }
}
