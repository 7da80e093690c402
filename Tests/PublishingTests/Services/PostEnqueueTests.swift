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
struct PostEnqueueTests {
    private static let later = ServiceFixture.now.addingTimeInterval(90 * 86_400)

    private func plan(_ fixture: ServiceFixture, isDraft: Bool = false) async throws -> [TargetRow] {
        var draft = PostDraft(
            accounts: ["strict", "second"], text: "Hello", time: try PostTime("2026-03-10T09:00", zone: nil))
        draft.isDraft = isDraft
        return try await fixture.posts.create(draft, client: "acme", actor: ServiceFixture.actor).targets
    }

    private func enqueue(
        _ target: TargetRow, _ fixture: ServiceFixture, at time: PostTime = .instant(later), priority: Int16? = nil,
        key: String? = nil
    ) async throws -> JobID {
        try await fixture.posts.enqueue(
            target.id, at: time, priority: priority, key: key, actor: ServiceFixture.actor)
    }

    /// Brings a target's job to the end that this state stands for.
    private func end(_ target: TargetRow, as state: TargetState, _ fixture: ServiceFixture) async throws {
        if state == .missed {
            let job = try #require(target.job)
            try await fixture.jobs.cancel(job, client: target.client, reason: "missed-window")
            try await fixture.pool.execute("UPDATE target SET state = 'missed' WHERE target_id = \(target.id)")
        } else {
            try await fixture.hold(target, for: "look", as: state)
        }
    }

    @Test(
        "what failed, was missed or waits is tried again at the time that was given, not before",
        arguments: [TargetState.failed, .missed, .waiting])
    func keepsTime(state: TargetState) async throws {
        let fixture = try await ServiceFixture()
        let target = try await self.plan(fixture)[0]
        try await self.end(target, as: state, fixture)
        let id = try await self.enqueue(target, fixture, at: try PostTime("2026-06-01T09:30", zone: nil), priority: 7)
        let job = try #require(try await fixture.jobs.job(id))
        let due = try Date(iso8601: "2026-06-01T07:30:00Z")
        #expect(job.state == .scheduled)
        #expect(job.spec.dueAt == due)
        #expect(job.spec.priority == 7)
        #expect(job.spec.failures == 0)
        let after = try #require(
            try await fixture.posts.show(target.id.description).targets.first { $0.id == target.id })
        #expect(after.state == .planned)
        #expect(after.dueAt == due)
        #expect(after.planned?.localTime == "2026-06-01T09:30:00")
        #expect(after.job == id)
    }

    @Test("without a time it is tried again now", arguments: [TargetState.failed, .missed, .waiting])
    func now(state: TargetState) async throws {
        let fixture = try await ServiceFixture()
        let target = try await self.plan(fixture)[0]
        try await self.end(target, as: state, fixture)
        let job = try await fixture.jobs.job(try await self.enqueue(target, fixture, at: .now))
        #expect(job?.state == .ready)
        #expect(job?.spec.priority == 100)
    }

    @Test(
        "a time that cannot be meant is refused, and the target stays as it was",
        arguments: [TargetState.failed, .missed])
    func refusesPast(state: TargetState) async throws {
        let fixture = try await ServiceFixture()
        let target = try await self.plan(fixture)[0]
        try await self.end(target, as: state, fixture)
        let past = ServiceFixture.now.addingTimeInterval(-10 * 86_400)
        let error = await #expect(throws: ServiceError.self) {
            try await self.enqueue(target, fixture, at: .instant(past))
        }
        #expect(error?.code == .invalid)
        #expect(try await fixture.posts.show(target.id.description).targets.contains { $0.state == state })
    }

    @Test("a job that waits gets the priority; a draft is planned with it", arguments: [true, false])
    func priority(isDraft: Bool) async throws {
        let fixture = try await ServiceFixture()
        let target = try await self.plan(fixture, isDraft: isDraft)[0]
        let id = try await self.enqueue(target, fixture, priority: 3, key: "k")
        let job = try #require(try await fixture.jobs.job(id))
        #expect(job.spec.priority == 3)
        #expect(job.spec.dueAt == Self.later)
        #expect(job.spec.key == "k")
    }

    @Test("the same key again gives the same job and changes nothing, also after it has ended")
    func key() async throws {
        let fixture = try await ServiceFixture()
        let target = try await self.plan(fixture)[0]
        let first = try await self.enqueue(target, fixture, key: "k")
        #expect(try await self.enqueue(target, fixture, at: .now, priority: 1, key: "k") == first)
        let job = try #require(try await fixture.jobs.job(first))
        #expect(job.spec.dueAt == Self.later)
        #expect(job.spec.priority == 100)
        _ = try await fixture.posts.cancel(target.id.description, client: nil, actor: ServiceFixture.actor)
        #expect(try await self.enqueue(target, fixture, key: "k") == first)
        #expect(try await fixture.jobs.job(first)?.state == .cancelled)
    }

    @Test("of callers with one key at the same moment one enqueues, and all get its job")
    func together() async throws {
        let fixture = try await ServiceFixture()
        let target = try await self.plan(fixture, isDraft: true)[0]
        let jobs = try await withThrowingTaskGroup(of: JobID.self) { group in
            for _ in 0..<5 { group.addTask { try await self.enqueue(target, fixture, key: "k") } }
            return try await group.reduce(into: Set<JobID>()) { $0.insert($1) }
        }
        #expect(jobs.count == 1)
        #expect(try await fixture.count("job_scheduled") == 1)
    }

    @Test("a key that was used for another target is refused")
    func otherTarget() async throws {
        let fixture = try await ServiceFixture()
        let targets = try await self.plan(fixture)
        _ = try await self.enqueue(targets[0], fixture, key: "k")
        let error = await #expect(throws: ServiceError.self) { try await self.enqueue(targets[1], fixture, key: "k") }
        #expect(error?.code == .conflict)
        #expect(error?.message.contains("another target") == true)
        let job = try #require(targets[1].job)
        #expect(try await fixture.jobs.job(job)?.spec.dueAt == targets[1].dueAt)
    }

    @Test("what has been sent, and perhaps took effect, is not enqueued")
    func unknown() async throws {
        let fixture = try await ServiceFixture()
        let target = try await self.plan(fixture)[0]
        try await fixture.send(target, state: "unknown")
        try await self.end(target, as: .failed, fixture)
        let error = await #expect(throws: ServiceError.self) { try await self.enqueue(target, fixture) }
        #expect(error?.code == .conflict)
        #expect(error?.message.contains("enqueued") == true)
    }

    @Test(
        "of two who enqueue at the same moment for different times one does, and the other hears that it was changed",
        arguments: [TargetState.draft, .missed], [false, true])
    func twice(state: TargetState, isNow: Bool) async throws {
        let fixture = try await ServiceFixture()
        let target = try await self.plan(fixture, isDraft: state == .draft)[0]
        if state != .draft { try await self.end(target, as: state, fixture) }
        try await fixture.pool.overlap({ db in
            let detail = try await PostService.detail(target.id.description, client: nil, on: &db)
            let read = try #require(detail.targets.first { $0.id == target.id })
            if state == .draft {
                _ = try await fixture.posts.move(
                    read, of: detail, to: .instant(Self.later), JobWish(), allowingDuplicates: true,
                    actor: ServiceFixture.actor, on: &db)
            } else {
                _ = try await fixture.posts.retry(
                    read, of: detail, at: .instant(Self.later), JobWish(), verb: "enqueued",
                    actor: ServiceFixture.actor, on: &db)
            }
        }) {
            let other = PostTime.instant(Self.later.addingTimeInterval(86_400))
            let error = await #expect(throws: ServiceError.self) {
                try await self.enqueue(target, fixture, at: isNow ? .now : other)
            }
            #expect(error?.code == .conflict && error?.message.contains("changed meanwhile") == true)
        }
        let jobs = try await fixture.jobs.list(JobFilter(states: [.ready, .scheduled], subject: target.id.uuid))
        #expect(jobs.map(\.spec.dueAt) == [Self.later])
        let after = try #require(
            try await fixture.posts.show(target.id.description).targets.first { $0.id == target.id })
        #expect(after.job == jobs.first?.spec.id && after.state == .planned && after.dueAt == Self.later)
    }

    @Test("a draft that is planned while somebody calls it off stays planned, and who called it off hears that")
    func cancelledMeanwhile() async throws {
        let fixture = try await ServiceFixture()
        let target = try await self.plan(fixture, isDraft: true)[0]
        try await fixture.pool.overlap({ db in
            let detail = try await PostService.detail(target.id.description, client: nil, on: &db)
            _ = try await fixture.posts.move(
                target, of: detail, to: .instant(Self.later), JobWish(), allowingDuplicates: true,
                actor: ServiceFixture.actor, on: &db)
        }) {
            let error = await #expect(throws: ServiceError.self) {
                try await fixture.posts.cancel(target.id.description, client: nil, actor: ServiceFixture.actor)
            }
            #expect(error?.code == .conflict && error?.message.contains("changed meanwhile") == true)
        }
        #expect(try await fixture.count("job_scheduled") == 1)
        #expect(
            try await fixture.posts.show(target.id.description).targets.first { $0.id == target.id }?.state == .planned)
    }
}
