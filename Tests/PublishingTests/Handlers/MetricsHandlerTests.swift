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
        for _ in 0..<30 {
            try await agency.advance(.seconds(86_401))
            _ = try await agency.work(MetricsHandler(services: agency.services))
        }
        #expect(try await agency.count("SELECT count(*) FROM sample") == 7)
    }
}
