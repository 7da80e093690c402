// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import Publishing
import TestSupport
import Testing

@testable import App

/// Every cause that `job explain` names, with the names, the person and the command that it tells.
@Suite("causes of job explain at the command line", .postgresSchema)
struct ExplainCauseTests {
    private struct Reason: Decodable {
        var cause: String
        var what: String
        var since: String?
        var until: String?
        var by: String?
        var help: String?
        var holders: [Holder]?
    }

    private struct Holder: Decodable {
        var job: String
        var worker: String
    }

    private struct Explanation: Decodable { var because: [Reason] }

    /// A worker, and an account of the app `main-x`.
    private struct Scene {
        let world: CommandWorld
        let store: JobStore
        let client: ClientID
        let account: AccountID
        let app = AppID()
        let worker: WorkerID

        init() async throws {
            self.world = try await CommandWorld()
            let pool = self.world.database.pool
            let store = JobStore(pool: pool)
            self.store = store
            let row = try #require(try await pool.query("SELECT client_id, account_id FROM account").first)
            let (client, account): (ClientID, AccountID) = (try row.get("client_id"), try row.get("account_id"))
            (self.client, self.account) = (client, account)
            let app = self.app
            try await pool.withTransaction { db in
                try await db.execute(
                    "INSERT INTO app (app_id, platform, name, external_id) VALUES (\(app), 'x', 'main-x', 'app-1')")
                try await store.setApp(app, of: client, account, on: &db)
            }
            let worker = WorkerRecord(
                host: "test", processID: 1, version: "0", slots: [.publish: 4],
                abilities: [JobAbility(kind: .publish)], deadAfter: .seconds(3_600))
            try await store.register(worker)
            self.worker = worker.id
        }

        func enqueue(_ kind: JobKind = .publish, _ queue: QueueName = .publish) async throws -> JobID {
            let job = NewJob(
                client: self.client, account: self.account, queue: queue, kind: kind, provider: "x", recovery: .requeue)
            try await self.store.enqueue([job])
            return job.id
        }

        func claimed() async throws -> ClaimedJob {
            _ = try await self.enqueue()
            let claimed = try await self.store.claim(
                ClaimRequest(queue: .publish, limit: 1, worker: self.worker, abilities: [JobAbility(kind: .publish)]))
            return try #require(claimed.first)
        }

        func ended(_ outcome: JobOutcome) async throws -> JobID {
            let job = try await self.claimed()
            try await self.store.finish([Finish(job, outcome)])
            return job.id
        }

        func close(_ scope: LimitScope) async throws -> JobID {
            try await self.store.pool.withConnection { db in
                try await LimitStore.close(scope, for: .seconds(900), reason: "429 too many", by: "x", on: &db)
            }
            return try await self.enqueue()
        }

        func pause(_ scope: PauseScope) async throws -> JobID {
            try await self.store.pause(scope, by: "cli:ann", reason: "legal")
            return try await self.enqueue()
        }

        /// A job behind one that runs within a limit of one.
        func limit(_ scope: ConcurrencyScope) async throws -> JobID {
            try await self.store.setConcurrency(scope, 1)
            _ = try await self.claimed()
            return try await self.enqueue()
        }

        func explain(_ job: JobID) async throws -> [Reason] {
            let answer = try await self.world.answer(["job", "explain", "\(job)", "-o", "json"])
            try #require(answer.code == 0, "\(answer.messages)")
            return try JSONDecoder().decode(Explanation.self, from: Data(answer.data.utf8)).because
        }
    }

    private enum Pausing: String, CaseIterable {
        case queue, client, clientQueue, account, accountQueue, app

        func scope(_ scene: Scene) -> PauseScope {
            switch self {
            case .queue: .queue(.publish)
            case .client: .client(scene.client)
            case .clientQueue: .clientQueue(scene.client, .publish)
            case .account: .account(scene.client, scene.account)
            case .accountQueue: .accountQueue(scene.client, scene.account, .publish)
            case .app: .app(.app(scene.app), .publish)
            }
        }

        /// Who is paused, and how that is ended.
        var said: (who: String, help: String) {
            switch self {
            case .queue: ("queue publish", "posthorn queue resume --queue publish")
            case .client: ("client acme", "posthorn client resume acme")
            case .clientQueue:
                (
                    "queue publish of acme",
                    "posthorn client resume acme, or posthorn queue resume --queue publish --client acme"
                )
            case .account: ("account acme/x", "posthorn account resume acme/x")
            case .accountQueue: ("queue publish of account acme/x", "posthorn account resume acme/x")
            case .app: ("queue publish of the app x/main-x", "posthorn app resume x/main-x")
            }
        }
    }

    @Test(
        "a pause is told with what is paused, why, by whom and since when, and how to end it",
        arguments: Pausing.allCases)
    private func paused(what: Pausing) async throws {
        let scene = try await Scene()
        defer { scene.world.remove() }
        let reasons = try await scene.explain(try await scene.pause(what.scope(scene)))
        let reason = try #require(reasons.first)
        #expect(reasons.count == 1 && reason.cause == "paused" && reason.what == "\(what.said.who) is paused: legal")
        #expect(reason.by == "cli:ann" && reason.since != nil && reason.until == nil && reason.help == what.said.help)
    }

    private enum Scope: String, CaseIterable {
        case account, client, app, platform

        func limit(_ scene: Scene) -> LimitScope {
            switch self {
            case .account: .account(scene.account)
            case .client: .client(scene.client)
            case .app: .app(scene.app)
            case .platform: .provider("x")
            }
        }

        func running(_ scene: Scene) -> ConcurrencyScope {
            switch self {
            case .account: .account(scene.client, scene.account)
            case .client: .client(scene.client, .publish)
            case .app: .app(scene.app, .publish)
            case .platform: .provider("x", .publish)
            }
        }

        var name: String {
            switch self {
            case .account: "account x"
            case .client: "client acme"
            case .app: "app x/main-x"
            case .platform: "platform x"
            }
        }
    }

    @Test("what a platform has closed is told with its words and until when", arguments: Scope.allCases)
    private func closed(scope: Scope) async throws {
        let scene = try await Scene()
        defer { scene.world.remove() }
        let reasons = try await scene.explain(try await scene.close(scope.limit(scene)))
        let reason = try #require(reasons.first)
        #expect(
            reasons.count == 1 && reason.cause == "closed" && reason.what == "\(scope.name) is closed: 429 too many")
        #expect(reason.by == "x" && reason.since != nil && reason.until != nil)
        #expect(reason.help == "posthorn limit list --closed")
    }

    @Test("slots that are taken are told with whose they are, how many, and who has them", arguments: Scope.allCases)
    private func slots(scope: Scope) async throws {
        let scene = try await Scene()
        defer { scene.world.remove() }
        let job = try await scene.limit(scope.running(scene))
        let running: JobID = try await scene.store.pool.query("SELECT job_id FROM job_lease").single()
        let reasons = try await scene.explain(job)
        let reason = try #require(reasons.first)
        let whose = scope == .account ? "its account" : scope.name
        #expect(
            reasons.count == 1 && reason.cause == "slots"
                && reason.what.hasPrefix("1 job(s) of \(whose) may run at once"))
        #expect(reason.what.contains("in queue publish") && reason.since != nil)
        #expect(reason.holders?.map(\.job) == ["\(running)"] && reason.holders?.map(\.worker) == ["\(scene.worker)"])
    }

    @Test("work that no worker serves, or that none of those can do, says which it is")
    func workers() async throws {
        let scene = try await Scene()
        defer { scene.world.remove() }
        for (job, words) in [
            (try await scene.enqueue(.boost, .boost), "no living worker serves queue boost"),
            (
                try await scene.enqueue(.boost, .publish),
                "1 worker(s) serve queue publish, but none runs boost on x"
            ),
        ] {
            let reasons = try await scene.explain(job)
            #expect(reasons.map(\.cause) == ["no-worker"] && reasons.map(\.what) == [words])
            #expect(reasons.first?.help == "posthorn worker list")
        }
    }

    @Test("a job that runs or has ended says that, where, and what would bring it back")
    func places() async throws {
        let scene = try await Scene()
        defer { scene.world.remove() }
        let running = try #require(try await scene.explain(try await scene.claimed().id).first)
        #expect(running.cause == "running" && running.what == "a worker runs it: process 1 on test, active")
        #expect(running.by == "\(scene.worker)" && running.since != nil && running.help == nil)
        let failure = JobFailure(code: "permanent", message: "the platform refused it")
        for (outcome, word) in [
            (JobOutcome.succeeded, "succeeded"), (.failed(failure), "failed"), (.cancelled(reason: "no"), "cancelled"),
        ] {
            let job = try await scene.ended(outcome)
            let reasons = try await scene.explain(job)
            #expect(reasons.map(\.cause) == ["ended"] && reasons.map(\.what) == ["it has ended: \(word)"])
            #expect(reasons.first?.since != nil && reasons.first?.until == nil)
            if word == "succeeded" { #expect(reasons.first?.help == nil) }
            if word == "failed" { #expect(reasons.first?.help == "posthorn job retry \(job)") }
        }
    }

    @Test("a held job says what for and what lets it go, and names the send that nobody knows of")
    func held() async throws {
        let scene = try await Scene()
        defer { scene.world.remove() }
        let failure = JobFailure(code: "reauthorize", message: "the token has ended")
        let job = try await scene.ended(.held(reason: "waits", failure))
        let reasons = try await scene.explain(job)
        #expect(reasons.map(\.cause) == ["held"] && reasons.first?.help == "posthorn job release \(job)")
        #expect(reasons.map(\.what) == ["it waits for a decision: waits (reauthorize: the token has ended)"])
        #expect(reasons.first?.since != nil)
        let sender = try await scene.claimed()
        let effects = EffectStore(pool: scene.store.pool, job: sender)
        try await effects.prepare("op")
        let grant = try #require(try await effects.fence("op"))
        try await effects.markUnknown("op", send: grant.sendNumber)
        try await scene.store.finish([Finish(sender, .held(reason: HoldReason.unknownOutcome, nil))])
        let unknown = try await scene.explain(sender.id)
        #expect(unknown.map(\.cause) == ["held", "unknown"])
        #expect(unknown.last?.what == "part 0 of op was sent and nobody knows what became of it")
        #expect(unknown.last?.since != nil && unknown.last?.help == "posthorn intent show op")
    }
}
