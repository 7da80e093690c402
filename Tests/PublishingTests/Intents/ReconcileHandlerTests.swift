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

extension AgencyFixture {
    fileprivate var reconciler: ReconcileHandler { ReconcileHandler(services: self.services) }
    fileprivate var publisher: PublishHandler { PublishHandler(services: self.services) }

    /// The workers die with what they have in hand; the fleet takes it, and they come back.
    fileprivate func die() async throws {
        try await self.pool.execute("UPDATE worker SET state = 'dead'")
        let handlers: [any JobHandler] = [self.publisher, self.reconciler]
        _ = try await self.services.jobs.rescue { outcome, job in
            handlers.first { $0.kind == job.kind }?.record(of: outcome, job)
        }
        try await self.pool.execute("UPDATE worker SET state = 'active'")
    }

    /// A target whose worker passed the fence, made it visible or not, and knows nothing more.
    fileprivate func fenced(isVisible: Bool) async throws -> (target: TargetID, job: ClaimedJob) {
        let target = try await self.plan("hello")
        guard let job = try await self.claim(.publish).first else { throw CancellationError() }
        let effects = EffectStore(pool: self.pool, job: job)
        try await effects.prepare("publish:\(target)")
        _ = try await effects.fence("publish:\(target)")
        if isVisible { self.platform.state.withLock { $0.posts.append((id: "post-1", text: "hello")) } }
        return (target, job)
    }

    /// Works everything off, time passing, until nothing is left to do or it takes too long.
    fileprivate func settle() async throws {
        for _ in 0..<10 {
            _ = try await self.work(self.reconciler)
            _ = try await self.work(self.publisher)
            try await self.advance(.seconds(20))
        }
    }
}

@Suite(.postgresSchema)
struct ReconcileHandlerTests {
    @Test(
        "whenever a worker dies on the way, a post is visible once and recorded once",
        arguments: [true, false], ["claimed", "looked", "confirmed"])
    func dies(isVisible: Bool, at step: String) async throws {
        let agency = try await AgencyFixture()
        let (target, _) = try await agency.fenced(isVisible: isVisible)
        try await agency.die()
        for _ in 0..<2 {
            try await agency.advance(.seconds(20))
            for job in try await agency.claim(.reconcile) {
                switch step {
                case "claimed": break
                case "looked":
                    // The platform was read and nothing written: as if it had not been read.
                    _ = try await SendLook.load(.target(target), client: agency.client, pool: agency.pool)
                default: _ = try await agency.run(agency.reconciler, job)
                }
            }
            try await agency.die()
        }
        try await agency.settle()
        #expect(try await agency.state(of: target) == "published")
        #expect(agency.platform.state.withLock { $0.posts.count } == 1)
        #expect(agency.platform.state.withLock { $0.calls } == (isVisible ? 0 : 1))
        #expect(try await agency.count("SELECT count(*) FROM publication") == 1)
        #expect(try await agency.services.jobs.audit().violations.isEmpty)
    }

    @Test("a request that takes effect as late as its time limit allows is found, not sent again")
    func slowRequest() async throws {
        let agency = try await AgencyFixture()
        let (target, _) = try await agency.fenced(isVisible: false)
        try await agency.die()
        for pause in [16, 15] {
            try await agency.advance(.seconds(pause), rate: 1)
            _ = try await agency.work(agency.reconciler)
            _ = try await agency.work(agency.publisher)
        }
        // Two looks could have been taken by now, but the request may be under way for 32 seconds.
        #expect(agency.platform.state.withLock { $0.calls } == 0)
        agency.platform.state.withLock { $0.posts.append((id: "post-1", text: "hello")) }
        try await agency.settle()
        #expect(try await agency.state(of: target) == "published")
        #expect(agency.platform.state.withLock { $0.posts.count } == 1)
        #expect(agency.platform.state.withLock { $0.calls } == 0)
    }

    @Test("a look is told how often the piece was taken for absent, and what was refused is not counted")
    func absences() async throws {
        let agency = try await AgencyFixture()
        let target = try await agency.plan("hello")
        agency.platform.script(
            .refuse(PluginError(.rateLimited, "slow down", retryAfter: .seconds(60))), .lose, .lose, .accept)
        #expect(try await agency.work(agency.publisher) == ["deferred"])
        try await agency.advance(.seconds(61))
        try await agency.settle()
        #expect(try await agency.state(of: target) == "published")
        #expect(
            try await agency.intents.show(target.description).sends.map(\.outcome)
                == ["not-sent", "absent", "absent", "confirmed"])
        let told = agency.platform.state.withLock { $0.absences }
        #expect(told == told.sorted() && Set(told) == [0, 1], "\(told)")
    }

    @Test("the answer of a worker that was only frozen settles it while somebody waits to look")
    func thaws() async throws {
        let agency = try await AgencyFixture()
        let (target, job) = try await agency.fenced(isVisible: true)
        try await agency.die()
        #expect(try await agency.state(of: target) == "unknown")
        #expect(try await agency.work(agency.reconciler) == ["deferred"])
        #expect(try await agency.state(of: target) == "unknown")
        let evidence = try EffectHost.evidence(RemotePost(id: "post-1"))
        try await EffectStore(pool: agency.pool, job: job).confirm("publish:\(target)", send: 1, evidence: evidence)
        #expect(try await agency.work(agency.publisher) == ["succeeded"])
        #expect(try await agency.state(of: target) == "published")
        try await agency.advance(.seconds(20))
        #expect(try await agency.work(agency.reconciler) == ["succeeded"])
        #expect(agency.platform.state.withLock { $0.calls } == 0)
        #expect(try await agency.count("SELECT count(*) FROM publication") == 1)
    }

    @Test("while a client is paused, what it sent is still looked for and recorded, and nothing new is sent")
    func paused() async throws {
        let agency = try await AgencyFixture()
        let (seen, _) = try await agency.fenced(isVisible: true)
        try await agency.die()
        let waiting = try await agency.plan("another")
        _ = try await ClientService(pool: agency.pool).pause("acme", actor: "cli:ann", reason: nil)
        try await agency.settle()
        #expect(try await agency.state(of: seen) == "published")
        #expect(try await agency.state(of: waiting) == "planned")
        #expect(agency.platform.state.withLock { $0.calls } == 0)
        _ = try await ClientService(pool: agency.pool).resume("acme", actor: "cli:ann", reason: nil)
        try await agency.settle()
        #expect(try await agency.state(of: waiting) == "published")
    }

    @Test("a target that was called off in the middle of its send is published when it turns out to be visible")
    func calledOff() async throws {
        let agency = try await AgencyFixture()
        let (target, job) = try await agency.fenced(isVisible: true)
        try await agency.pool.execute("UPDATE job_lease SET cancel_reason = 'called off'")
        try await agency.pool.execute("UPDATE target SET state = 'cancelled'")
        try await agency.finish(job, JobResult(.released))
        #expect(try await agency.services.jobs.job(job.id)?.state == .cancelled)
        try await agency.settle()
        #expect(try await agency.state(of: target) == "published")
        #expect(try await agency.count("SELECT count(*) FROM publication") == 1)
    }

    @Test(
        "what no look can settle is held for a person, or sent again when the client wants that",
        arguments: ["hold", "resend"])
    func policy(_ policy: String) async throws {
        let agency = try await AgencyFixture()
        try await agency.pool.execute("UPDATE client SET on_unknown = \(policy)")
        let target = try await agency.lost()
        agency.platform.state.withLock {
            $0.findings = Array(repeating: .inconclusive("the list is too short"), count: 100)
        }
        var looks: [String] = []
        while looks.last != "held", looks.last != "succeeded", looks.count < 40 {
            looks += try await agency.work(agency.reconciler)
            try await agency.advance(.seconds(60))
        }
        #expect(looks.count > 20)
        guard policy == "resend" else {
            #expect(looks.last == "held")
            let intent = try await agency.intents.show(target.description).intent
            #expect(intent.nextLook == nil)
            #expect(intent.look?.message == "it cannot be proven whether it took effect: the list is too short")
            #expect(agency.platform.state.withLock { $0.calls } == 1)
            return
        }
        #expect(looks.last == "succeeded")
        #expect(try await agency.work(agency.publisher) == ["succeeded"])
        #expect(try await agency.intents.show(target.description).sends.map(\.outcome) == ["absent", "confirmed"])
        let reason = try await agency.text(
            "SELECT reason FROM state_change WHERE subject_id = \(target) AND to_state = 'planned'")
        #expect(reason == "the client's policy: on-unknown = resend")
    }

    @Test("a platform that does not answer costs patience, never the job")
    func failingLooks() async throws {
        let agency = try await AgencyFixture()
        _ = try await agency.lost()
        agency.platform.state.withLock { $0.findError = PluginError(.retryAfter, "no answer") }
        var looks: [String] = []
        while looks.last != "held", looks.count < 40 {
            try await agency.advance(.seconds(86_400))
            looks += try await agency.work(agency.reconciler)
        }
        #expect(looks.dropLast().allSatisfy { $0 == "deferred" } && looks.last == "held" && looks.count > 10)
        #expect(try await agency.intents.list().first?.look?.reason == HoldReason.unknownOutcome)
    }

    @Test("of a thread the lost piece is found and the rest is sent behind it")
    func thread() async throws {
        let agency = try await AgencyFixture()
        let target = try await agency.lost(["one", "two", "three"], [.accept, .acceptAndLose])
        try await agency.settle()
        #expect(try await agency.state(of: target) == "published")
        #expect(agency.platform.state.withLock { $0.posts.map(\.text) } == ["one", "two", "three"])
        #expect(try await agency.text("SELECT jsonb_array_length(parts)::text FROM publication") == "3")
    }
}
