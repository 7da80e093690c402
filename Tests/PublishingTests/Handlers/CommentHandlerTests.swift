// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import Publishing

@Suite(.postgresSchema)
struct CommentHandlerTests {
    private static let words = RemoteComment(
        id: "c1", text: "schön", authorID: "77", authorName: "Ann",
        writtenAt: AgencyFixture.start.addingTimeInterval(-60))

    /// Notes that the platform told of a comment, as a delivery does.
    private static func tell(_ agency: AgencyFixture, times: Int = 1) async throws {
        let work = WebhookWork(
            platform: "fake", jobs: agency.services.jobs, readsComments: true, mark: UUID().uuidString)
        try await agency.pool.withTransaction { db in
            for _ in 0..<times {
                _ = try await work.plan(WebhookEvent(account: "1", .comment("c1", post: "post-1")), on: &db)
            }
        }
    }

    private static func comments(_ agency: AgencyFixture) async throws -> [CommentRow] {
        try await CommentService(pool: agency.pool).list(client: "acme")
    }

    private static func work(_ agency: AgencyFixture) async throws -> [String] {
        try await agency.work(CommentHandler(services: agency.services))
    }

    @Test("a comment is stored with its author, words, time and publication, once however often it is told of")
    func stored() async throws {
        let agency = try await AgencyFixture()
        _ = try await agency.plan("hello")
        _ = try await agency.work(PublishHandler(services: agency.services))
        agency.platform.state.withLock { $0.comments["c1"] = Self.words }
        try await Self.tell(agency, times: 3)
        #expect(try await Self.comments(agency).map(\.state) == [.unread])
        #expect(try await Self.work(agency) == ["succeeded"])
        try await Self.tell(agency)
        #expect(try await Self.work(agency) == ["succeeded"])
        // Reading it leaves room for what publishes; publishing has all there is.
        #expect(agency.platform.state.withLock { $0.givingWay } == ["comment"])
        let rows = try await Self.comments(agency)
        let row = try #require(rows.first)
        #expect(rows.count == 1 && row.state == .visible && row.text == "schön" && row.authorName == "Ann")
        #expect(row.authorID == "77" && row.writtenAt == Self.words.writtenAt && row.publication != nil)
        let publication = try #require(row.publication)
        #expect(try await CommentService(pool: agency.pool).list(of: "\(publication)").map(\.id) == [row.id])
    }

    @Test("a comment that is gone keeps its place, without its words and who wrote it")
    func gone() async throws {
        let agency = try await AgencyFixture()
        agency.platform.state.withLock { $0.comments["c1"] = Self.words }
        try await Self.tell(agency)
        _ = try await Self.work(agency)
        agency.platform.state.withLock { $0.comments = [:] }
        try await Self.tell(agency)
        #expect(try await Self.work(agency) == ["succeeded"])
        let row = try #require(try await Self.comments(agency).first)
        #expect(row.state == .gone && row.text == nil && row.authorName == nil && row.authorID == nil)
    }

    @Test("what was read before something newer does not replace it")
    func overtaken() async throws {
        let agency = try await AgencyFixture()
        try await Self.tell(agency)
        let row = try #require(try await Self.comments(agency).first)
        try await agency.pool.withTransaction { db in
            for (comment, second) in [(nil, 10.0), (Self.words, 9.0)] {
                try await CommentRepository.record(
                    comment, as: row.id, of: agency.client, begun: AgencyFixture.start.addingTimeInterval(second),
                    on: &db)
            }
        }
        #expect(try await Self.comments(agency).map(\.state) == [.gone])
    }

    @Test(
        "a failure has the consequence of its class, and the comment waits for its reading",
        arguments: [
            (PluginError(.retryAfter, "no answer"), "retry"),
            (PluginError(.rateLimited, "too many calls", retryAfter: .seconds(60)), "deferred"),
            (PluginError(.needsHuman, "the permission is missing"), "held"),
            (PluginError(.permanent, "no such field"), "failed"),
        ])
    func failures(_ error: PluginError, _ word: String) async throws {
        let agency = try await AgencyFixture()
        agency.platform.state.withLock {
            $0.comments["c1"] = Self.words
            $0.commentErrors = [error]
        }
        try await Self.tell(agency)
        #expect(try await Self.work(agency) == [word])
        #expect(try await Self.comments(agency).map(\.state) == [.unread])
    }

    @Test("the comments of a paused account wait for its end")
    func paused() async throws {
        let agency = try await AgencyFixture()
        try await Self.tell(agency)
        let job = try #require(try await agency.claim(.fetchComment).first)
        try await agency.pool.execute("UPDATE account SET state = 'paused'")
        let result = try await agency.run(CommentHandler(services: agency.services), job)
        #expect(result.outcome.word == "deferred" || result.outcome.word == "released")
    }
}
