// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import PluginKit
import TestSupport
import Testing

@testable import Publishing

@Suite("Pauses that nobody named", .postgresSchema)
struct BackOffTests {
    @Test("a pause that the platform does not name doubles while refusals follow each other, up to an hour")
    func grows() async throws {
        let agency = try await AgencyFixture()
        let handler = PublishHandler(services: agency.services)
        _ = try await agency.plan("one")
        var pauses: [Double] = []
        for _ in 1...8 {
            agency.platform.script(.refuse(PluginError(.rateLimited, "slow down", scope: .app)))
            #expect(try await agency.work(handler) == ["deferred"])
            let gates = try await agency.services.limits.gates()
            let now = try await WorldStore(pool: agency.pool).now()
            let pause = try #require(gates.map { $0.until.timeIntervalSince(now) }.max())
            pauses.append(pause)
            try await agency.advance(.seconds(Int64(pause) + 1))
        }
        #expect(pauses == [60, 120, 240, 480, 960, 1920, 3600, 3600])
        #expect(try await agency.work(handler) == ["succeeded"])
    }

    @Test("after a quiet time the first pause is the short one again")
    func quiet() async throws {
        let limits = try await AgencyFixture().services.limits
        let scope = LimitScope.provider("fake")
        func refuse(after seconds: Int64, endpoint: String? = nil) async throws -> Duration {
            let now = try await WorldStore(pool: limits.pool).now()
            try await WorldStore(pool: limits.pool).set(epoch: now.addingTimeInterval(Double(seconds)), rate: 0)
            return try await limits.pool.withConnection { db in
                try await LimitStore.close(
                    scope, endpoint: endpoint, after: BackOff(first: .seconds(10)), reason: "-", by: "fake", on: &db)
            }
        }
        #expect(try await refuse(after: 0) == .seconds(10))
        // Answers that were on their way belong to the same refusal.
        #expect(try await refuse(after: 4) == .seconds(10))
        #expect(try await refuse(after: 10) == .seconds(20))
        #expect(try await refuse(after: 20 + 299) == .seconds(40))
        #expect(try await refuse(after: 40 + 301) == .seconds(10))
        #expect(try await refuse(after: 0, endpoint: "post") == .seconds(10))
        #expect(try await refuse(after: 11, endpoint: "post") == .seconds(20))
    }

    @Test(
        "a pause that the platform names keeps the count of refusals before it, unless the gate stood open for an hour",
        arguments: [nil, "post"], [3_600, 3_601])
    func quietBeforeNamed(endpoint: String?, open: Int64) async throws {
        let limits = try await AgencyFixture().services.limits
        let scope = LimitScope.provider("fake")
        func advance(_ seconds: Int64) async throws {
            let now = try await WorldStore(pool: limits.pool).now()
            try await WorldStore(pool: limits.pool).set(epoch: now.addingTimeInterval(Double(seconds)), rate: 0)
        }
        func refuse() async throws -> Duration {
            try await limits.pool.withConnection { db in
                try await LimitStore.close(
                    scope, endpoint: endpoint, after: BackOff(first: .seconds(10)), reason: "-", by: "fake", on: &db)
            }
        }
        #expect(try await refuse() == .seconds(10))
        try await advance(10)
        #expect(try await refuse() == .seconds(20))
        try await advance(20 + open)
        if let endpoint {
            try await limits.closeEndpoint(endpoint, of: scope, for: .seconds(30), reason: "-", by: "fake")
        } else {
            try await limits.pool.withConnection { db in
                try await LimitStore.close(scope, for: .seconds(30), reason: "-", by: "fake", on: &db)
            }
        }
        try await advance(31)
        #expect(try await refuse() == .seconds(open > 3_600 ? 10 : 40))
    }

    @Test("a pause that the platform names is kept as it is")
    func named() async throws {
        let agency = try await AgencyFixture()
        let handler = PublishHandler(services: agency.services)
        _ = try await agency.plan("one")
        for _ in 1...3 {
            agency.platform.script(.refuse(PluginError(.rateLimited, "-", retryAfter: .seconds(30), scope: .app)))
            #expect(try await agency.work(handler) == ["deferred"])
            try await agency.advance(.seconds(31))
        }
        #expect(try await agency.count("SELECT max(refusals)::bigint FROM lane_gate") == 0)
    }

    @Test("an account that must rest rests, whoever resumes it earlier")
    func rest() async throws {
        let agency = try await AgencyFixture()
        let handler = PublishHandler(services: agency.services)
        agency.platform.script(.refuse(PluginError(.needsHuman, "too fast", retryAfter: .seconds(14_400))))
        _ = try await agency.plan("one")
        #expect(try await agency.work(handler) == ["held"])
        _ = try await agency.pool.execute("UPDATE account SET state = 'active'")
        let job: JobID = try await agency.pool.query("SELECT job_id FROM job_hold").single()
        try await agency.services.jobs.release(job, client: agency.client)
        #expect(try await agency.work(handler).isEmpty)
        try await agency.advance(.seconds(14_401))
        #expect(try await agency.work(handler) == ["succeeded"])
    }

    @Test("where the platform asks for rest, publishing, boosts and metrics rest: what looks for lost sends goes on")
    func restOfQueues() async throws {
        let agency = try await AgencyFixture()
        agency.platform.script(.refuse(PluginError(.needsHuman, "too fast", retryAfter: .seconds(14_400))))
        _ = try await agency.plan("one")
        #expect(try await agency.work(PublishHandler(services: agency.services)) == ["held"])
        let gates = try await agency.services.limits.gates()
        #expect(gates.count == 3 && Set(gates.map(\.queue)) == Set(QueueName.pausable))
        try await agency.services.jobs.enqueue(
            QueueName.all.map { queue in
                NewJob(client: agency.client, account: agency.account, queue: queue, kind: "noop", provider: "fake")
            })
        #expect(try await agency.claim("noop").map(\.queue) == [.reconcile])
        try await agency.advance(.seconds(14_401))
        #expect(try await Set(agency.claim("noop").map(\.queue)) == Set(QueueName.pausable))
    }
}
