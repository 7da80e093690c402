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
struct PostChangeTests {
    private func plan(_ fixture: ServiceFixture, isDraft: Bool = false) async throws -> CreatedPost {
        var draft = PostDraft(
            accounts: ["strict", "second"], text: "Hello", time: try PostTime("2026-03-10T09:00", zone: nil))
        draft.isDraft = isDraft
        draft.key = "k"
        return try await fixture.posts.create(draft, client: "acme", actor: ServiceFixture.actor)
    }

    @Test("moving a post moves its jobs and makes a new plan")
    func move() async throws {
        let fixture = try await ServiceFixture()
        let post = try await self.plan(fixture)
        let changes = try await fixture.posts.move(
            post.post.id.description, client: nil, to: try PostTime("2026-03-11T10:00", zone: "Asia/Tokyo"),
            actor: "cli:ada")
        #expect(changes.count == 2)
        for change in changes {
            #expect(change.isChanged)
            #expect(change.target.generation == 2)
            #expect(change.target.dueAt == (try Date(iso8601: "2026-03-11T01:00:00Z")))
            #expect(change.target.planned?.timeZone == "Asia/Tokyo")
            let id = try #require(change.target.job)
            #expect(try await fixture.jobs.job(id)?.spec.dueAt == change.target.dueAt)
        }
    }

    @Test(
        "what a person gives another time, or tries again after its time was missed or failed, is no experiment any more",
        arguments: [nil, TargetState.missed, .failed])
    func experiment(state: TargetState?) async throws {
        let fixture = try await ServiceFixture()
        let post = try await self.plan(fixture)
        try await fixture.pool.execute("UPDATE target SET experiment = true")
        let target = post.targets[0]
        if let state {
            if state == .failed {
                try await fixture.hold(target, for: "failed", as: state)
            } else {
                try await fixture.pool.execute("UPDATE target SET state = \(state) WHERE target_id = \(target.id)")
            }
            _ = try await fixture.posts.retry(target.id.description, client: nil, actor: "cli:ada")
        } else {
            _ = try await fixture.posts.move(target.id.description, client: nil, to: .now, actor: "cli:ada")
        }
        #expect(try await fixture.posts.show("k", client: "acme").targets.map(\.isExperiment) == [false, true])
    }

    @Test("one target can be named instead of the whole post")
    func moveOne() async throws {
        let fixture = try await ServiceFixture()
        let post = try await self.plan(fixture)
        let changes = try await fixture.posts.move(
            post.targets[0].id.description, client: nil, to: .now, actor: "cli:ada")
        #expect(changes.map(\.account) == ["strict"])
        #expect(try await fixture.posts.show("k", client: "acme").targets.map(\.generation) == [2, 1])
    }

    @Test("a moved draft becomes planned with a job")
    func planDraft() async throws {
        let fixture = try await ServiceFixture()
        let post = try await self.plan(fixture, isDraft: true)
        let changes = try await fixture.posts.move(post.post.id.description, client: nil, to: .now, actor: "cli:ada")
        #expect(changes.map(\.target.state) == [.planned, .planned])
        #expect(try await fixture.count("job_scheduled") + fixture.count("job_ready") == 2)
    }

    @Test("cancelling ends target and job, and a second time is a conflict")
    func cancel() async throws {
        let fixture = try await ServiceFixture()
        let post = try await self.plan(fixture)
        let changes = try await fixture.posts.cancel("k", client: "acme", actor: "cli:ada", reason: "wrong price")
        #expect(changes.map(\.target.state) == [.cancelled, .cancelled])
        let id = try #require(post.targets[0].job)
        #expect(try await fixture.jobs.job(id)?.state == .cancelled)
        let error = await #expect(throws: ServiceError.self) {
            try await fixture.posts.cancel("k", client: "acme", actor: "cli:ada")
        }
        #expect(error?.code == .conflict)
    }

    @Test("an edit makes a revision for what is not published, checked like a new post")
    func edit() async throws {
        let fixture = try await ServiceFixture()
        let post = try await self.plan(fixture)
        try await fixture.pool.execute("UPDATE target SET state = 'published' WHERE target_id = \(post.targets[0].id)")
        let detail = try await fixture.posts.edit(
            "k", client: "acme", PostEdit(text: "Hello again"), actor: "cli:ada"
        ).detail
        #expect(detail.post.revision == 2)
        #expect(detail.targets.map(\.revision) == [1, 2])
        #expect(detail.targets.map { $0.content.parts[0].text } == ["Hello", "Hello again"])
        #expect(detail.targets[0].contentHash != detail.targets[1].contentHash)
        let error = await #expect(throws: ServiceError.self) {
            try await fixture.posts.edit(
                "k", client: "acme", PostEdit(text: "This is longer than twenty characters"), actor: "cli:ada")
        }
        #expect(error?.issues.map(\.field) == ["text"])
        #expect(try await fixture.posts.show("k", client: "acme").post.revision == 2)
    }

    @Test("a post that a worker has in hand cannot be edited, and nothing of it is changed")
    func editLeased() async throws {
        let fixture = try await ServiceFixture()
        let post = try await self.plan(fixture)
        try await fixture.lease(post.targets[1])
        try await self.expectNoEdit(fixture, because: "second cannot be edited now: a worker has it in hand")
    }

    @Test("a post of which something was sent cannot be edited", arguments: ["sending", "unknown", "confirmed"])
    func editSent(state: String) async throws {
        let fixture = try await ServiceFixture()
        let post = try await self.plan(fixture)
        try await fixture.send(post.targets[0], state: state)
        try await self.expectNoEdit(fixture, because: "what was sent of it is \(state)")
    }

    @Test("a send that took no effect does not stand in the way of an edit, which makes a new plan")
    func editUnsent() async throws {
        let fixture = try await ServiceFixture()
        let post = try await self.plan(fixture)
        try await fixture.send(post.targets[0], state: "rejected")
        let detail = try await fixture.posts.edit(
            "k", client: "acme", PostEdit(text: "Hello again"), actor: "cli:ada"
        ).detail
        #expect(detail.targets.map(\.generation) == [2, 2])
    }

    private func expectNoEdit(
        _ fixture: ServiceFixture, because words: String, _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let error = await #expect(throws: ServiceError.self, sourceLocation: location) {
            try await fixture.posts.edit("k", client: "acme", PostEdit(text: "Other"), actor: "cli:ada")
        }
        #expect(error?.code == .conflict, sourceLocation: location)
        #expect(error?.message.contains(words) == true, sourceLocation: location)
        let detail = try await fixture.posts.show("k", client: "acme")
        #expect(detail.post.revision == 1, sourceLocation: location)
        #expect(detail.targets.map(\.generation) == [1, 1], sourceLocation: location)
    }

    @Test("a waiting target whose send may be visible cannot be cancelled", arguments: [true, false])
    func cancelUnknown(isHeld: Bool) async throws {
        let fixture = try await ServiceFixture()
        let target = try await self.plan(fixture).targets[0]
        let job = try #require(target.job)
        if !isHeld { try await fixture.jobs.cancel(job, client: target.client, reason: "ended") }
        try await fixture.send(target, state: "unknown")
        try await fixture.hold(target, for: "reauthorize", as: .waiting)
        let error = await #expect(throws: ServiceError.self) {
            try await fixture.posts.cancel(target.id.description, client: nil, actor: "cli:ada")
        }
        #expect(error?.code == .conflict)
        #expect(error?.message.contains("unknown") == true)
        #expect(try await fixture.posts.show("k", client: "acme").targets[0].state == .waiting)
    }

    @Test("a target whose job has ended can still be cancelled", arguments: [TargetState.planned, .waiting])
    func cancelEnded(state: TargetState) async throws {
        let fixture = try await ServiceFixture()
        let target = try await self.plan(fixture).targets[0]
        let job = try #require(target.job)
        try await fixture.jobs.cancel(job, client: target.client, reason: "ended")
        try await fixture.pool.execute("UPDATE target SET state = \(state) WHERE target_id = \(target.id)")
        let changes = try await fixture.posts.cancel(target.id.description, client: nil, actor: "cli:ada")
        #expect(changes.map(\.target.state) == [.cancelled])
    }

    @Test("a timeline tells changes, publication and numbers in the order they happened")
    func timeline() async throws {
        let fixture = try await ServiceFixture()
        let post = try await self.plan(fixture)
        let target = post.targets[0]
        let publication = PublicationRow(
            client: target.client, account: target.account, platform: target.platform, target: target.id,
            remoteID: "r1",
            url: "https://strict.test/r1", publishedAt: ServiceFixture.now.addingTimeInterval(60))
        try await fixture.pool.withTransaction { db in
            _ = try await PublicationRepository.record(publication, on: &db)
            try await SampleRepository.insert(
                [
                    SampleRow(
                        client: target.client, account: target.account, publication: publication.id,
                        readAt: ServiceFixture.now.addingTimeInterval(3600), definition: 1, values: [.likes: 3])
                ], on: &db)
            try await TargetRepository.transition(
                TargetTransition(
                    client: target.client, target: target.id, from: [.planned], to: .published, actor: "worker:w",
                    reason: "done"),
                on: &db)
        }
        let story = try await TimelineService(pool: fixture.pool, jobs: fixture.jobs).timeline(of: "k", client: "acme")
        #expect(story.entries.map(\.kind) == [.state, .state, .state, .publication, .sample])
        #expect(story.entries[2].message == "target planned → published: done")
        #expect(story.entries[3].message == "visible as r1 at https://strict.test/r1")
        #expect(story.entries[4].message == "likes 3")
        #expect(story.entries[4].account == "strict")
    }
}
