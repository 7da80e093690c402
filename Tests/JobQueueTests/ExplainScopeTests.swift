// SPDX-License-Identifier: MIT

import Domain
import PQClient
import TestSupport
import Testing

@testable import JobQueue

/// Whom a pause or a limit of running jobs stops, as it is explained and as it is claimed.
@Suite("Why a job is not running: pauses and limits by scope", .postgresSchema)
struct ExplainScopeTests {
    /// A job of an account of an app, in the queue `work` on the platform `p`; one of no app is there too.
    private struct Scene {
        let queue: QueueFixture
        let app = AppID()
        let job: NewJob
        let account: AccountID
        let appless: NewJob

        init() async throws {
            self.queue = try await QueueFixture()
            self.job = self.queue.job()
            self.appless = self.queue.job(client: ClientID())
            let account = try #require(self.job.account)
            self.account = account
            let (queue, app) = (self.queue, self.app)
            try await queue.pool.withTransaction { db in
                try await queue.store.setApp(app, of: queue.client, account, on: &db)
            }
        }

        func explain(_ job: NewJob) async throws -> JobExplanation {
            try #require(try await self.queue.store.explain(job.id, client: job.client))
        }
    }

    /// What is paused, and which of the two jobs that stops.
    private struct PauseCase: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var stopsJob: Bool
        var stopsAppless = false
        var scope: @Sendable (Scene) -> PauseScope

        init(
            _ name: String, stopsJob: Bool, stopsAppless: Bool = false,
            _ scope: @escaping @Sendable (Scene) -> PauseScope
        ) {
            self.testDescription = name
            self.stopsJob = stopsJob
            self.stopsAppless = stopsAppless
            self.scope = scope
        }

        static let all: [Self] = [
            Self("its queue", stopsJob: true, stopsAppless: true) { _ in .queue("work") },
            Self("another queue", stopsJob: false) { _ in .queue("other") },
            Self("its client", stopsJob: true) { .client($0.queue.client) },
            Self("a client that has no work", stopsJob: false) { _ in .client(ClientID()) },
            Self("its client in its queue", stopsJob: true) { .clientQueue($0.queue.client, "work") },
            Self("its client in another queue", stopsJob: false) { .clientQueue($0.queue.client, "other") },
            Self("its account", stopsJob: true) { .account($0.queue.client, $0.account) },
            Self("another account of its client", stopsJob: false) { .account($0.queue.client, AccountID()) },
            Self("its account in its queue", stopsJob: true) { .accountQueue($0.queue.client, $0.account, "work") },
            Self("its account in another queue", stopsJob: false) {
                .accountQueue($0.queue.client, $0.account, "other")
            },
            Self("its app in its queue", stopsJob: true) { .app(.app($0.app), "work") },
            Self("its app in another queue", stopsJob: false) { .app(.app($0.app), "other") },
            Self("another app", stopsJob: false) { _ in .app(.app(AppID()), "work") },
            Self("the accounts of its platform that have no app", stopsJob: false, stopsAppless: true) { _ in
                .app(.provider("p"), "work")
            },
            Self("the accounts of another platform that have no app", stopsJob: false) { _ in
                .app(.provider("q"), "work")
            },
        ]
    }

    @Test("a pause is told of the jobs within it alone, and those are not claimed", arguments: PauseCase.all)
    private func pauses(of paused: PauseCase) async throws {
        let scene = try await Scene()
        let worker = try await scene.queue.worker()
        try await scene.queue.store.enqueue([scene.job, scene.appless])
        let scope = paused.scope(scene)
        try await scene.queue.store.pause(scope, by: "ann", reason: "legal")
        for (job, isStopped) in [(scene.job, paused.stopsJob), (scene.appless, paused.stopsAppless)] {
            let explanation = try await scene.explain(job)
            let told: [Pause] = explanation.hindrances.compactMap { hindrance in
                guard case .paused(let pause) = hindrance else { return nil }
                return pause
            }
            #expect(told.map(\.scope) == (isStopped ? [scope] : []))
            #expect(told.allSatisfy { $0.by == "ann" && $0.reason == "legal" })
            #expect(explanation.hindrances.count == told.count)
            #expect(try await scene.queue.store.isPaused(explanation.job.spec) == isStopped)
        }
        let free = (paused.stopsJob ? [] : [scene.job.id]) + (paused.stopsAppless ? [] : [scene.appless.id])
        #expect(Set(try await scene.queue.claim(worker).map(\.id)) == Set(free))
    }

    /// What is limited, and whether another queue is meant.
    private enum Limited: String, CaseIterable {
        case client, clientQueue, clientElsewhere, app, appQueue, appElsewhere, platform, platformQueue,
            platformElsewhere

        var queue: QueueName? {
            if self.rawValue.hasSuffix("Queue") { return "work" }
            return self.rawValue.hasSuffix("Elsewhere") ? "other" : nil
        }

        func scopes(_ scene: Scene) -> (ConcurrencyScope, LimitScope) {
            switch self {
            case .client, .clientQueue, .clientElsewhere:
                (.client(scene.queue.client, self.queue), .client(scene.queue.client))
            case .app, .appQueue, .appElsewhere: (.app(scene.app, self.queue), .app(scene.app))
            case .platform, .platformQueue, .platformElsewhere: (.provider("p", self.queue), .provider("p"))
            }
        }
    }

    @Test(
        "a limit of running jobs that is reached is told with its scope, its number and who has it; one of another queue is not",
        arguments: Limited.allCases)
    private func limits(of limited: Limited) async throws {
        let scene = try await Scene()
        let worker = try await scene.queue.worker()
        let (limit, scope) = limited.scopes(scene)
        try await scene.queue.store.setConcurrency(limit, 1)
        try await scene.queue.store.enqueue([scene.job])
        let running = try #require(try await scene.queue.claim(worker).first)
        var next = scene.job
        next.id = JobID()
        try await scene.queue.store.enqueue([next])
        let hindrances = try await scene.explain(next).hindrances
        guard limited.queue != "other" else {
            #expect(hindrances.isEmpty)
            #expect(try await scene.queue.claim(worker).map(\.id) == [next.id])
            return
        }
        guard case .runningLimit(let told, let queue, let number, let holders) = try #require(hindrances.first) else {
            Issue.record("\(hindrances)")
            return
        }
        #expect(hindrances.count == 1 && told == scope && queue == limited.queue && number == 1)
        #expect(holders.map(\.job) == [running.id] && holders.map(\.worker) == [worker])
        #expect(try await scene.queue.claim(worker).isEmpty)
        try await scene.queue.store.finish([Finish(running, .succeeded)])
        #expect(try await scene.explain(next).hindrances.isEmpty)
        #expect(try await scene.queue.claim(worker).map(\.id) == [next.id])
    }
}
