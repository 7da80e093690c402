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

@Suite(.postgresSchema)
struct PublishHandlerTests {
    @Test("a published target has one publication and a metrics job for each age of the manifest")
    func publishes() async throws {
        let agency = try await AgencyFixture()
        let target = try await agency.plan("hello")
        #expect(try await agency.work(PublishHandler(services: agency.services)) == ["succeeded"])
        #expect(try await agency.state(of: target) == "published")
        #expect(try await agency.count("SELECT count(*) FROM publication") == 1)
        #expect(try await agency.count("SELECT count(*) FROM job_scheduled WHERE kind = 'fetch-metrics'") == 7)
    }

    @Test("a send whose answer was lost is looked up and adopted, never sent again")
    func adopts() async throws {
        let agency = try await AgencyFixture()
        let target = try await agency.plan("hello")
        agency.platform.script(.acceptAndLose)
        let handler = PublishHandler(services: agency.services)
        #expect(try await agency.work(handler) == ["held"])
        #expect(try await agency.state(of: target) == "unknown")
        try await agency.advance(.seconds(20))
        #expect(try await agency.work(handler) == [])
        #expect(try await agency.work(ReconcileHandler(services: agency.services)) == ["succeeded"])
        #expect(try await agency.state(of: target) == "published")
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(agency.platform.state.withLock { $0.posts.count } == 1)
        #expect(agency.platform.state.withLock { $0.calls } == 1)
        #expect(try await agency.text("SELECT remote_id FROM publication") == "post-1")
    }

    @Test("a send is repeated only after two looks, far enough apart, did not find it")
    func resendsAfterProof() async throws {
        let agency = try await AgencyFixture()
        let target = try await agency.plan("hello")
        agency.platform.script(.lose)
        let handler = PublishHandler(services: agency.services)
        let reconciler = ReconcileHandler(services: agency.services)
        #expect(try await agency.work(handler) == ["held"])
        try await agency.advance(.seconds(20))
        #expect(try await agency.work(reconciler) == ["deferred"])
        #expect(try await agency.work(handler) == [])
        #expect(agency.platform.state.withLock { $0.calls } == 1)
        try await agency.advance(.seconds(20))
        #expect(try await agency.work(reconciler) == ["succeeded"])
        #expect(try await agency.state(of: target) == "planned")
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(agency.platform.state.withLock { $0.posts.count } == 1)
        #expect(try await agency.count("SELECT send_no::bigint FROM effect") == 2)
    }

    @Test("what cannot be proven waits for a person")
    func waitsForAPerson() async throws {
        let agency = try await AgencyFixture()
        let target = try await agency.plan("hello")
        agency.platform.script(.acceptAndLose)
        agency.platform.state.withLock {
            $0.findings = Array(repeating: .inconclusive("the list is too short"), count: 40)
        }
        _ = try await agency.work(PublishHandler(services: agency.services))
        let reconciler = ReconcileHandler(services: agency.services)
        var looks: [String] = []
        while looks.last != "held", looks.count < 30 {
            looks += try await agency.work(reconciler)
            try await agency.advance(.seconds(60))
        }
        #expect(looks.count > 20 && looks.last == "held")
        #expect(try await agency.state(of: target) == "unknown")
        #expect(agency.platform.state.withLock { $0.calls } == 1)
    }

    @Test("content that the platform refuses as a duplicate of something else fails with a reason")
    func foreignDuplicate() async throws {
        let agency = try await AgencyFixture()
        let target = try await agency.plan("hello")
        let refusal = PluginError(.duplicate, "duplicate content")
        agency.platform.script(.refuse(refusal), .refuse(refusal), .refuse(refusal))
        let handler = PublishHandler(services: agency.services)
        #expect(try await agency.work(handler) == ["held"])
        for _ in 0..<2 {
            try await agency.advance(.seconds(20))
            _ = try await agency.work(ReconcileHandler(services: agency.services))
        }
        #expect(try await agency.work(handler) == ["failed"])
        #expect(try await agency.state(of: target) == "failed")
        #expect(agency.platform.state.withLock { $0.calls } == 1)
    }

    @Test("a worker that dies after the platform's answer causes no second send")
    func dyingAfterTheAnswer() async throws {
        let agency = try await AgencyFixture()
        let target = try await agency.plan("hello")
        let handler = PublishHandler(services: agency.services)
        let job = try #require(try await agency.claim(.publish).first)
        _ = try await agency.run(handler, job)
        // The worker dies before it writes the result; another takes the job.
        try await agency.pool.execute("UPDATE worker SET state = 'dead'")
        _ = try await agency.services.jobs.rescue()
        try await agency.pool.execute("UPDATE worker SET state = 'active'")
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(try await agency.state(of: target) == "published")
        #expect(agency.platform.state.withLock { $0.calls } == 1)
    }

    @Test("a thread goes on behind its last confirmed part")
    func threadResumes() async throws {
        let agency = try await AgencyFixture()
        _ = try await agency.plan("one", "two", "three")
        agency.platform.script(.accept, .refuse(PluginError(.rateLimited, "slow down", retryAfter: .seconds(60))))
        let handler = PublishHandler(services: agency.services)
        #expect(try await agency.work(handler) == ["deferred"])
        try await agency.advance(.seconds(61))
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(agency.platform.state.withLock { $0.posts.map(\.text) } == ["one", "two", "three"])
        #expect(try await agency.text("SELECT jsonb_array_length(parts)::text FROM publication") == "3")
    }

    @Test("a refused token is renewed once, its successor saved before it is used")
    func renewsToken() async throws {
        let agency = try await AgencyFixture()
        _ = try await agency.plan("hello")
        agency.platform.state.withLock { $0.acceptedToken = "token-2" }
        #expect(try await agency.work(PublishHandler(services: agency.services)) == ["succeeded"])
        #expect(agency.platform.state.withLock { $0.refreshes } == 1)
        #expect(try await agency.count("SELECT version FROM access_grant") == 2)
    }

    @Test("when the platform does not renew the token the account stops and the post waits")
    func stopsAccount() async throws {
        let agency = try await AgencyFixture()
        let target = try await agency.plan("hello")
        agency.platform.state.withLock {
            $0.acceptedToken = "another"
            $0.refreshError = PluginError(.reauthorize, "invalid_grant")
        }
        #expect(try await agency.work(PublishHandler(services: agency.services)) == ["held"])
        #expect(try await agency.state(of: target) == "waiting")
        #expect(try await agency.text("SELECT state FROM account") == "needs-reconnect")
        #expect(try await agency.count("SELECT count(*) FROM state_change WHERE subject_kind = 'account'") == 1)
    }

    @Test("a refusal for good fails the target with the platform's words and spends no further attempt")
    func failsForGood() async throws {
        let agency = try await AgencyFixture()
        let target = try await agency.plan("hello")
        agency.platform.script(.refuse(PluginError(.permanent, "text too long", field: "text")))
        #expect(try await agency.work(PublishHandler(services: agency.services)) == ["failed"])
        #expect(try await agency.state(of: target) == "failed")
        #expect(try await agency.text("SELECT failure_message FROM target") == "text too long")
    }
}

@Suite(.postgresSchema)
struct PublishDoubtTests {
    @Test("of two posts with the same words the second's lost send is not mistaken for the first")
    func sameWordsTwice() async throws {
        let agency = try await AgencyFixture()
        let handler = PublishHandler(services: agency.services)
        _ = try await agency.plan("hello")
        #expect(try await agency.work(handler) == ["succeeded"])
        _ = try await agency.plan("hello")
        agency.platform.script(.lose)
        #expect(try await agency.work(handler) == ["held"])
        for _ in 0..<2 {
            try await agency.advance(.seconds(20))
            _ = try await agency.work(ReconcileHandler(services: agency.services))
        }
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(agency.platform.state.withLock { $0.posts.count } == 2)
        #expect(try await agency.count("SELECT count(DISTINCT remote_id) FROM publication") == 2)
    }

    @Test("an edit between loading and sending is what gets published")
    func editedMeanwhile() async throws {
        let agency = try await AgencyFixture()
        let target = try await agency.plan("old words")
        let job = try #require(try await agency.claim(.publish).first)
        let edited = PostContent(format: .text, parts: [PostPart(text: "new words")])
        let json = JSONText(String(decoding: try JSONEncoder().encode(edited), as: UTF8.self))
        let loaded = try await agency.pool.withConnection { db in
            try await TargetWork.load(target, client: agency.client, on: &db)
        }
        try await agency.pool.execute("UPDATE target SET content = \(json), generation = generation + 1")
        let stale = try #require(loaded)
        let effects = EffectStore(pool: agency.pool, job: job)
        await #expect(throws: SubjectChanged.self) {
            try await effects.fence(FenceRequest(stale.operation, condition: stale.isUnchanged, mayBeNew: true))
        }
        let handler = PublishHandler(services: agency.services)
        try await agency.finish(job, try await agency.run(handler, job))
        #expect(agency.platform.state.withLock { $0.posts.map(\.text) } == ["new words"])
    }

    @Test("a target whose job fails without the handler's word fails with it")
    func endsWithItsJob() async throws {
        let agency = try await AgencyFixture()
        let target = try await agency.plan("hello")
        let job = try #require(try await agency.claim(.publish).first)
        let outcome = JobOutcome.failed(JobFailure(code: "error", message: "the content cannot be read"))
        let handler = PublishHandler(services: agency.services)
        try await agency.finish(job, JobResult(outcome, record: handler.record(of: outcome, job)))
        #expect(try await agency.state(of: target) == "failed")
        #expect(try await agency.text("SELECT failure_message FROM target") == "the content cannot be read")
    }
}
