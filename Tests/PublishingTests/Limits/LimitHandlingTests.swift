// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import Publishing

@Suite("Limits of publishing", .postgresSchema)
struct LimitHandlingTests {
    private static let hourly = RateBucket(endpoint: "post", scope: .account, calls: 1, window: .seconds(3600))

    @Test("a post beyond the limit keeps its place and its attempts, and goes out when a token is back")
    func waits() async throws {
        let agency = try await AgencyFixture(rateBuckets: [Self.hourly])
        let handler = PublishHandler(services: agency.services)
        let targets = [try await agency.plan("one"), try await agency.plan("two")]
        #expect(try await agency.work(handler).sorted() == ["deferred", "succeeded"])
        #expect(agency.platform.state.withLock { $0.calls } == 1)
        let gates = try await agency.services.limits.gates()
        #expect(gates.map(\.scope) == [.account(agency.account)] && gates.map(\.queue) == [.publish])
        #expect(gates.first?.by == "posthorn")
        #expect(
            try await agency.count(
                """
                SELECT count(*) FROM job_ready r JOIN target t ON t.target_id = r.subject_id
                WHERE r.due_at = t.due_at AND r.attempt = 0 AND r.defer_count = 1
                """) == 1)
        #expect(try await agency.count("SELECT count(*) FROM effect_send") == 1)

        try await agency.advance(.seconds(3700))
        #expect(try await agency.work(handler) == ["succeeded"])
        for target in targets { #expect(try await agency.state(of: target) == "published") }
    }

    @Test("what reads numbers leaves room for what publishes")
    func givesWay() async throws {
        let agency = try await AgencyFixture()
        _ = try await agency.plan("hello")
        #expect(try await agency.work(PublishHandler(services: agency.services)) == ["succeeded"])
        #expect(agency.platform.state.withLock { $0.givingWay }.isEmpty)
        try await agency.advance(.seconds(901))
        #expect(try await agency.work(MetricsHandler(services: agency.services)) == ["succeeded"])
        #expect(agency.platform.state.withLock { $0.givingWay } == ["metrics"])
    }

    @Test("a thread that runs into a limit goes on where it stopped")
    func thread() async throws {
        let agency = try await AgencyFixture(
            rateBuckets: [RateBucket(endpoint: "post", scope: .account, calls: 2, window: .seconds(900))])
        let handler = PublishHandler(services: agency.services)
        let target = try await agency.plan("one", "two", "three")
        #expect(try await agency.work(handler) == ["deferred"])
        try await agency.advance(.seconds(920))
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(agency.platform.state.withLock { $0.posts.map(\.text) } == ["one", "two", "three"])
        #expect(try await agency.state(of: target) == "published")
    }

    @Test("a cap on posts counts what was sent, not what was refused")
    func cap() async throws {
        let agency = try await AgencyFixture(rateBuckets: [
            RateBucket(endpoint: "post", scope: .account, calls: 1, window: .seconds(86_400), counts: .posts)
        ])
        let handler = PublishHandler(services: agency.services)
        agency.platform.script(.refuse(PluginError(.permanent, "no")))
        _ = try await agency.plan("refused")
        #expect(try await agency.work(handler) == ["failed"])
        _ = try await agency.plan("sent")
        #expect(try await agency.work(handler) == ["succeeded"])
        _ = try await agency.plan("too many")
        #expect(try await agency.work(handler) == ["deferred"])
        #expect(agency.platform.state.withLock { $0.posts.map(\.text) } == ["sent"])
    }

    @Test(
        "what a platform refuses for now is closed for those it concerns, for as long as it says",
        arguments: [PluginError.Scope.account, .app, .endpoint])
    func refusedByPlatform(scope: PluginError.Scope) async throws {
        let agency = try await AgencyFixture()
        let handler = PublishHandler(services: agency.services)
        agency.platform.script(
            .refuse(
                PluginError(
                    .rateLimited, "slow down", retryAfter: .seconds(600), scope: scope,
                    endpoint: scope == .endpoint ? "post" : nil)))
        _ = try await agency.plan("one")
        #expect(try await agency.work(handler) == ["deferred"])
        let until = try await WorldStore(pool: agency.pool).now().addingTimeInterval(600)
        let gates = try await agency.services.limits.gates()
        #expect(gates.allSatisfy { $0.until == until && $0.by == "fake" })
        let closed = gates.map {
            "\($0.scope.description.prefix { $0 != ":" })/\($0.queue?.rawValue ?? $0.endpoint ?? "*")"
        }
        let expected =
            switch scope {
            case .account: "account/*"
            case .app: "provider/*"
            case .endpoint: "account/post"
            }
        #expect(Set(closed) == [expected, "account/publish"])

        // Another worker that had the next job already does not ask the platform.
        _ = try await agency.plan("two")
        _ = try await agency.work(handler)
        #expect(agency.platform.state.withLock { $0.calls } == 1)
        try await agency.advance(.seconds(601))
        #expect(try await agency.work(handler) == ["succeeded", "succeeded"])
    }
}
