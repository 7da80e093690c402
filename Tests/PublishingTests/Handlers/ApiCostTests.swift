// SPDX-License-Identifier: MIT

import Domain
import PQClient
import Persistence
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import Publishing

@Suite(.postgresSchema)
struct ApiCostTests {
    @Test("what the platform charges is counted once for each post that appeared, and for none that did not")
    func counted() async throws {
        let agency = try await AgencyFixture()
        let handler = PublishHandler(services: agency.services)
        _ = try await agency.plan("one", "two")
        #expect(try await agency.work(handler) == ["succeeded"])
        agency.platform.script(.refuse(PluginError(.permanent, "no")))
        _ = try await agency.plan("never")
        #expect(try await agency.work(handler) == ["failed"])
        let costs = try await BudgetService(pool: agency.pool).costs(client: "acme")
        #expect(costs.map(\.count) == [2])
        #expect(costs.first?.microdollars == 30_000)
        #expect(costs.first?.month.description == "2026-03")
    }

    @Test("each reading of a post is charged by what was given, also together with others")
    func reading() async throws {
        let agency = try await AgencyFixture()
        agency.platform.state.withLock { $0.metricsBatch = 10 }
        for text in ["one", "two"] {
            _ = try await agency.plan(text)
            _ = try await agency.work(PublishHandler(services: agency.services))
        }
        try await agency.advance(.seconds(901))
        while case let ended = try await agency.work(MetricsHandler(services: agency.services)), !ended.isEmpty {
            #expect(ended.allSatisfy { $0 == "succeeded" })
        }
        let costs = try await BudgetService(pool: agency.pool).costs(client: "acme")
        let read = try #require(costs.first { $0.action == "read" })
        #expect(read.count == 2 && read.microdollars == 2000)
        #expect(try await agency.count("SELECT count(*) FROM api_cost WHERE what = 'read'") == 1)
    }

    @Test("a reading at a price that nobody knows is counted without one")
    func unknownPrice() async throws {
        let agency = try await AgencyFixture()
        try await agency.pool.withTransaction { db in
            try await ApiCostRepository.append(
                FakePlugin(platform: agency.platform).charges(for: .account), client: agency.client,
                account: agency.account, platform: "fake", on: &db)
        }
        let costs = try await BudgetService(pool: agency.pool).costs(client: "acme")
        #expect(costs.map(\.count) == [1] && costs.first?.microdollars == nil)
    }
}
