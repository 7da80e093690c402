// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit
import TestSupport
import Testing

@testable import Publishing

@Suite(.postgresSchema)
struct PostServiceTests {
    private func draft(_ text: String = "Hello", _ accounts: String..., at: String? = "2026-03-10T09:00") throws
        -> PostDraft
    {
        PostDraft(
            accounts: accounts.isEmpty ? ["strict"] : accounts, text: text,
            time: try at.map { try PostTime($0, zone: nil) } ?? .unplanned)
    }

    @Test("a post is planned for every account at the client's local time, with one job each")
    func create() async throws {
        let fixture = try await ServiceFixture()
        var draft = try self.draft("Hello", "strict", "acme/second")
        draft.campaign = "spring"
        draft.labels = ["pillar:fun"]
        draft.variants = ["second": "Hi there"]
        draft.settings = ["strict.audience": "friends"]
        let created = try await fixture.posts.create(draft, client: "acme", actor: ServiceFixture.actor)
        #expect(created.isNew)
        #expect(created.targets.map { $0.content.parts[0].text } == ["Hello", "Hi there"])
        #expect(created.targets.allSatisfy { $0.content.settings == ["audience": "friends"] })
        #expect(created.targets.allSatisfy { $0.dueAt == (try? Date(iso8601: "2026-03-10T08:00:00Z")) })
        #expect(created.targets[0].planned?.timeZone == "Europe/Berlin")

        let read = try await fixture.pool.withConnection { db in
            try await TargetRepository.list(post: created.post.id, of: created.post.client, on: &db)
        }
        #expect(read == created.targets)
        for target in read {
            let id = try #require(target.job)
            let found = try await fixture.jobs.job(id)
            let job = try #require(found)
            #expect(job.state == .scheduled)
            #expect(job.spec.subject == target.id.uuid)
            #expect(job.spec.dueAt == target.dueAt)
        }
        #expect(
            try await fixture.text(
                "SELECT string_agg(DISTINCT reason, '') FROM state_change WHERE subject_kind = 'target'")
                == "planned for 2026-03-10T09:00:00 Europe/Berlin")
    }

    @Test("everything that is wrong is said at once, and nothing is written")
    func refuse() async throws {
        let fixture = try await ServiceFixture()
        var draft = try self.draft("This text is longer than twenty characters", "strict", "secnd")
        draft.settings = ["strict.audienc": "all", "moon.phase": "full"]
        draft.variants = ["third": "x"]
        draft.time = .instant(try Date(iso8601: "2025-03-10T08:00:00Z"))
        let error = await #expect(throws: ServiceError.self) {
            try await fixture.posts.create(draft, client: "acme", actor: ServiceFixture.actor)
        }
        let issues = try #require(error?.issues)
        #expect(issues.map(\.field) == ["account", "variant", "settings.moon.phase", "at", "settings.audienc", "text"])
        #expect(issues[0].message.contains("Did you mean 'second'?"))
        #expect(issues[4].message.contains("Did you mean 'audience'?"))
        for table in ["post", "target", "job_scheduled", "state_change WHERE subject_kind = 'target'"] as [StaticString]
        {
            #expect(try await fixture.count(table) == 0)
        }
    }

    @Test("a name that is nobody's is not found, when nothing else is wrong")
    func unknownAccount() async throws {
        let fixture = try await ServiceFixture()
        let error = await #expect(throws: ServiceError.self) {
            try await fixture.posts.create(
                try self.draft("Hello", "stric"), client: "acme", actor: ServiceFixture.actor)
        }
        #expect(error?.code == .notFound)
        #expect(error?.message.contains("Did you mean 'strict'?") == true)
    }

    @Test("the same key again answers the post that is there")
    func key() async throws {
        let fixture = try await ServiceFixture()
        var draft = try self.draft()
        draft.key = "spring-1"
        let first = try await fixture.posts.create(draft, client: "acme", actor: ServiceFixture.actor)
        let second = try await fixture.posts.create(draft, client: "acme", actor: ServiceFixture.actor)
        #expect(!second.isNew)
        #expect(second.post.id == first.post.id)
        #expect(second.targets.map(\.id) == first.targets.map(\.id))
        #expect(try await fixture.count("job_scheduled") == 1)
    }

    @Test("creations with one key at one moment make one post")
    func race() async throws {
        let fixture = try await ServiceFixture()
        var draft = try self.draft()
        draft.key = "spring-1"
        let one = draft
        let posts = try await withThrowingTaskGroup(of: PostID.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    try await fixture.posts.create(one, client: "acme", actor: ServiceFixture.actor).post.id
                }
            }
            return try await group.reduce(into: Set<PostID>()) { $0.insert($1) }
        }
        #expect(posts.count == 1)
        #expect(try await fixture.count("job_scheduled") == 1)
    }

    @Test("a draft has no job")
    func draftOnly() async throws {
        let fixture = try await ServiceFixture()
        var draft = try self.draft(at: nil)
        draft.isDraft = true
        let created = try await fixture.posts.create(draft, client: "acme", actor: ServiceFixture.actor)
        #expect(created.targets.map(\.state) == [.draft])
        #expect(try await fixture.count("job_scheduled") == 0)
    }

    @Test("a post for now is ready at once")
    func now() async throws {
        let fixture = try await ServiceFixture()
        var draft = try self.draft()
        draft.time = .now
        let created = try await fixture.posts.create(draft, client: "acme", actor: ServiceFixture.actor)
        #expect(created.targets[0].dueAt == ServiceFixture.now)
        #expect(try await fixture.count("job_ready") == 1)
    }

    @Test("lines of three hyphens make a thread, and its parts are checked one by one")
    func thread() async throws {
        let fixture = try await ServiceFixture()
        let created = try await fixture.posts.create(
            try self.draft("One\n---\nTwo"), client: "acme", actor: ServiceFixture.actor)
        #expect(created.targets[0].content.format == .thread)
        #expect(created.targets[0].content.parts.map(\.text) == ["One", "Two"])
        let error = await #expect(throws: ServiceError.self) {
            try await fixture.posts.create(
                try self.draft("One\n---\nThis part is much too long"), client: "acme", actor: ServiceFixture.actor)
        }
        #expect(error?.issues.map(\.field) == ["parts[1].text"])
    }

    @Test("a local time that the clocks jump over is moved, and the person is told")
    func gap() async throws {
        let fixture = try await ServiceFixture()
        let created = try await fixture.posts.create(
            try self.draft(at: "2026-03-29T02:30"), client: "acme", actor: ServiceFixture.actor)
        #expect(created.targets[0].dueAt == (try Date(iso8601: "2026-03-29T01:30:00Z")))
        #expect(created.notes.map(\.field) == ["at"])
        #expect(created.notes[0].message.contains("does not exist"))
    }

    @Test("nothing is planned for an account without a grant")
    func disconnected() async throws {
        let fixture = try await ServiceFixture()
        _ = try await fixture.accounts.disconnect("acme/strict", client: nil, actor: "cli:ada", reason: nil)
        let error = await #expect(throws: ServiceError.self) {
            try await fixture.posts.create(try self.draft(), client: "acme", actor: ServiceFixture.actor)
        }
        #expect(error?.issues.first?.message.contains("disconnected") == true)
    }
}
