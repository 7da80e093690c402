// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Publishing
import TestSupport
import Testing

@testable import App

@Suite("commands about what was sent and is not known", .postgresSchema)
struct IntentCommandTests {
    /// A post of which a worker knows only that it sent it: its job is held, and a job looks for it.
    private struct Scene {
        let world: CommandWorld
        let store: JobStore
        let target: TargetID
        let job: ClaimedJob
        let look: ClaimedJob

        init() async throws {
            self.world = try await CommandWorld()
            let pool = self.world.database.pool
            let store = JobStore(pool: pool)
            self.store = store
            let create = ["post", "create", "--client", "acme", "--account", "x", "--text", "hi", "--now"]
            let answer = try await self.world.answer(create)
            try #require(answer.code == 0, "\(answer.messages)")
            self.target = try await pool.query("SELECT target_id FROM target").single()
            let worker = WorkerRecord(
                host: "test", processID: 1, version: "0", slots: [.publish: 1, .reconcile: 1],
                abilities: [JobAbility(kind: .publish), JobAbility(kind: .reconcile)], deadAfter: .seconds(3_600))
            try await store.register(worker)
            _ = try await store.promote()
            func claim(_ queue: QueueName, _ kind: JobKind) async throws -> ClaimedJob {
                let request = ClaimRequest(
                    queue: queue, limit: 1, worker: worker.id, abilities: [JobAbility(kind: kind)])
                return try #require(try await store.claim(request).first)
            }
            self.job = try await claim(.publish, .publish)
            let operation = "publish:\(self.target)"
            let effects = EffectStore(pool: pool, job: self.job)
            try await effects.prepare(operation)
            let grant = try #require(try await effects.fence(operation))
            try await effects.markUnknown(operation, send: grant.sendNumber)
            try await store.finish([Finish(self.job, .held(reason: HoldReason.unknownOutcome, nil))])
            try await pool.execute("UPDATE target SET state = 'unknown'")
            self.look = try await claim(.reconcile, .reconcile)
        }

        /// The look ends and waits for somebody.
        func hold(_ reason: String) async throws {
            let failure = JobFailure(code: "needs-human", message: "two posts are alike")
            try await self.store.finish([Finish(self.look, .held(reason: reason, failure))])
        }

        func run(_ words: String...) async throws -> (code: Int32, messages: String) {
            let answer = try await self.world.answer(["intent"] + words)
            return (answer.code, answer.messages)
        }

        func show() async throws -> [String: Any] {
            let answer = try await self.world.answer(["intent", "show", "\(self.target)", "-o", "json"])
            try #require(answer.code == 0, "\(answer.messages)")
            return try #require(
                try JSONSerialization.jsonObject(with: Data(answer.data.utf8)) as? [String: Any])
        }

        func state() async throws -> String { try await self.store.pool.query("SELECT state FROM target").single() }
    }

    @Test("what took no effect by a person's word may be sent again, and who looked for it is let go; once")
    func absent() async throws {
        let scene = try await Scene()
        defer { scene.world.remove() }
        try await scene.hold(HoldReason.unknownOutcome)
        let id = "\(scene.target)"
        let why = ["--reason", "not on the page"]
        #expect(try await scene.run("resolve", id, "--absent", "--confirmed", "7", why[0], why[1]).code == 64)
        #expect(try await scene.run("resolve", id, "--absent").code == 64)
        let dry = try await scene.run("resolve", id, "--absent", why[0], why[1], "--dry-run")
        #expect(dry.code == 0 && dry.messages.contains("absent"))
        #expect(try await scene.show()["state"] as? String == "unknown")

        let resolved = try await scene.run("resolve", id, "--absent", why[0], why[1])
        #expect(resolved.code == 0 && resolved.messages.contains("publish:\(id) may be sent again"))
        let shown = try await scene.show()
        #expect(shown["state"] as? String == "prepared" && shown["job_state"] as? String == "ready")
        let history = try #require(shown["history"] as? [[String: Any]])
        #expect(history.map { $0["outcome"] as? String } == ["absent"])
        #expect(try await scene.state() == "planned")
        #expect(try await scene.world.count("state_change WHERE reason = 'took no effect: not on the page'") == 1)
        #expect(try await scene.world.count("job_ready WHERE kind IN ('publish', 'reconcile')") == 2)
        #expect(try await scene.world.count("publication") == 0)
        #expect(try await scene.run("resolve", id, "--absent", why[0], why[1]).code == 73)
        #expect(try await scene.run("reconcile", id).code == 73)
        #expect(try await scene.store.audit().violations.isEmpty)
    }

    @Test(
        "a look that is held is taken again on request, whatever it waits for, and its post goes on waiting",
        arguments: [HoldReason.unknownOutcome, "needs-human"])
    func heldLook(reason: String) async throws {
        let scene = try await Scene()
        defer { scene.world.remove() }
        try await scene.hold(reason)
        let held = try await scene.show()
        #expect(held["look_state"] as? String == "held" && held["next_look_at"] as? String == nil)
        #expect(held["reason"] as? String == "two posts are alike")
        let dry = try await scene.run("reconcile", "\(scene.target)", "--dry-run")
        #expect(dry.code == 0 && dry.messages.contains("would look"))
        #expect(try await scene.show()["look_state"] as? String == "held")

        let asked = try await scene.run("reconcile", "\(scene.target)")
        #expect(asked.code == 0 && asked.messages.contains("a worker looks for publish:\(scene.target) now"))
        let shown = try await scene.show()
        #expect(shown["look_state"] as? String != "held" && shown["next_look_at"] as? String != nil)
        #expect(shown["look_job"] as? String == "\(scene.look.id)")
        #expect(shown["state"] as? String == "unknown" && shown["job_state"] as? String == "held")
        #expect(try await scene.state() == "unknown")
        #expect(try await scene.store.audit().violations.isEmpty)
    }
}
