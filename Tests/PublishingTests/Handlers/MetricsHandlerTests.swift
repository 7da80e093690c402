// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import TestSupport
import Testing

@testable import Publishing

@Suite(.postgresSchema)
struct MetricsHandlerTests {
    @Test("a number that the platform did not give is absent, not zero")
    func absentStaysAbsent() async throws {
        let agency = try await AgencyFixture()
        _ = try await agency.plan("hello")
        _ = try await agency.work(PublishHandler(services: agency.services))
        try await agency.advance(.seconds(901))
        #expect(try await agency.work(MetricsHandler(services: agency.services)) == ["succeeded"])
        #expect(try await agency.count("SELECT likes FROM sample") == 7)
        #expect(try await agency.count("SELECT count(*) FROM sample WHERE views IS NULL AND raw IS NOT NULL") == 1)
    }

    @Test("each age of a publication is read once")
    func readsEachAge() async throws {
        let agency = try await AgencyFixture()
        _ = try await agency.plan("hello")
        _ = try await agency.work(PublishHandler(services: agency.services))
        for _ in 0..<7 {
            let pause = try await agency.count(
                "SELECT ceil(extract(epoch FROM min(due_at) - world_now()))::bigint FROM job_scheduled WHERE kind = 'fetch-metrics'"
            )
            try await agency.advance(.seconds(pause))
            #expect(try await agency.work(MetricsHandler(services: agency.services)) == ["succeeded"])
        }
        #expect(try await agency.count("SELECT count(*) FROM job_scheduled WHERE kind = 'fetch-metrics'") == 0)
        #expect(try await agency.count("SELECT count(*) FROM sample") == 7)
    }

    @Test("after a standstill one reading serves every age that has passed")
    func standstill() async throws {
        let agency = try await AgencyFixture()
        _ = try await agency.plan("hello")
        _ = try await agency.work(PublishHandler(services: agency.services))
        try await agency.advance(.seconds(3 * 86_400))
        var outcomes: [String] = []
        while case let ended = try await agency.work(MetricsHandler(services: agency.services)), !ended.isEmpty {
            outcomes += ended
        }
        #expect(outcomes == ["succeeded", "succeeded", "succeeded", "succeeded"])
        #expect(try await agency.count("SELECT count(*) FROM sample") == 1)
    }
}
