// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Logging
import PQClient
import Synchronization
import TestSupport
import Testing
import WireRelay

@testable import JobQueue

/// Breaks the connection at every message boundary of every step of a run, and looks what became of the job.
@Suite("Faults on the wire", .postgresSchema, .timeLimit(.minutes(10)))
struct WireFaultTests {
    @Test(
        "a connection that ends before any message of a step loses no job and doubles no send",
        arguments: WireRun.Step.allCases, WireRun.Statements.allCases)
    func everyBoundary(step: WireRun.Step, statements: WireRun.Statements) async throws {
        try await WireProxy.with(url: TestDatabase.required.url) { proxy in
            let run = try await WireRun(proxy: proxy, statements: statements)
            let messages = try await run.once(step: step, fault: nil)
            #expect(messages.last?.description == "<Z")
            for direction in WireMessage.Direction.allCases {
                let count = messages.count { $0.direction == direction }
                #expect(count >= 2)
                for index in 0..<count {
                    let fault = WireProxy.Fault(.cut, direction, at: index)
                    _ = try await run.once(step: step, fault: fault)
                    #expect(proxy.fired == 1, "\(fault) of \(messages) did not happen")
                }
            }
            try await run.queue.expectSound()
        }
    }

    @Test(
        "a connection that ends before any message of a fence that several sends share doubles no send and miscounts no limit",
        arguments: WireRun.Statements.allCases)
    func sharedFence(statements: WireRun.Statements) async throws {
        try await WireProxy.with(url: TestDatabase.required.url) { proxy in
            let run = WireFenceRoundRun(wire: try await WireRun(proxy: proxy, statements: statements))
            let messages = try await run.once(fault: nil)
            #expect(messages.last?.description == "<Z")
            for direction in WireMessage.Direction.allCases {
                for index in messages.filter({ $0.direction == direction }).indices {
                    let fault = WireProxy.Fault(.cut, direction, at: index)
                    _ = try await run.once(fault: fault)
                    #expect(proxy.fired == 1, "\(fault) of \(messages) did not happen")
                }
            }
            try await run.wire.queue.expectSound()
        }
    }

    @Test(
        "a connection that ends before any message of a large claim, which is made in two halves, loses no job and runs none twice",
        arguments: WireRun.Statements.allCases)
    func largeClaim(statements: WireRun.Statements) async throws {
        try await WireProxy.with(url: TestDatabase.required.url) { proxy in
            let run = try await WireHalvesRun(proxy: proxy, statements: statements)
            let messages = try await run.undisturbed()
            for direction in WireMessage.Direction.allCases {
                let types = messages.filter { $0.direction == direction }.map(\.type)
                // One row of an answer is like another: the first, the last and one among them are enough.
                let amongRows = types.indices.filter { index in
                    [index - 1, index, index + 1].allSatisfy { types.indices.contains($0) && types[$0] == "D" }
                }
                let sample = amongRows.isEmpty ? nil : amongRows[amongRows.count / 2]
                for index in types.indices where index == sample || !amongRows.contains(index) {
                    _ = try await run.once(fault: WireProxy.Fault(.cut, direction, at: index))
                }
            }
            try await run.queue.expectSound()
        }
    }

    @Test("a connection that goes silent instead of answering loses no job", arguments: WireRun.Step.allCases)
    func halfOpen(step: WireRun.Step) async throws {
        try await WireProxy.with(url: TestDatabase.required.url) { proxy in
            let run = try await WireRun(proxy: proxy, statements: .unprepared, patience: .seconds(10))
            let messages = try await run.once(step: step, fault: nil)
            let last = messages.count { $0.direction == .toClient } - 1
            _ = try await run.once(step: step, fault: .init(.silence, .toClient, at: last))
            #expect(proxy.fired == 1)
            try await run.queue.expectSound()
        }
    }

    @Test("a fence whose answer comes after the worker was taken for dead is known to have been passed")
    func lateFence() async throws {
        try await WireProxy.with(url: TestDatabase.required.url) { proxy in
            let run = try await WireRun(proxy: proxy, statements: .unprepared)
            let messages = try await run.once(step: .fence, fault: nil)
            let last = messages.count { $0.direction == .toClient } - 1
            let job = try await run.queue.claimedJob()
            let operation = job.id.description
            let effects = EffectStore(pool: run.pool, job: job)
            try await effects.prepare(operation)
            proxy.arm(.init(.hold, .toClient, at: last))
            async let grant = effects.fence(operation)
            await proxy.hasFired()
            try await run.queue.kill(job.lease.worker)
            #expect(try await run.queue.store.rescue(crashLimit: 1_000).unknownEffects == 1)
            proxy.letGo()
            let late = try #require(try await grant)
            // What the late sender learns is kept, although its lease is gone.
            let effect = try await effects.confirm(operation, send: late.sendNumber, evidence: #"{"id": "1"}"#)
            #expect(effect.state == .confirmed)
            try await run.queue.expectSound()
        }
    }

    @Test("workers whose connections are cut again and again publish everything once")
    func restlessWire() async throws {
        try await WireProxy.with(url: TestDatabase.required.url) { proxy in
            let queue = try await QueueFixture()
            let platform = PretendPlatform()
            let jobs = (0..<40).map { _ in
                var job = queue.job()
                job.recovery = .reconcile
                job.maximumAttempts = 1_000
                return job
            }
            try await queue.store.enqueue(jobs)
            var configuration = QueueFixture.configuration
            configuration.slots = ["work": 4, .reconcile: 2]
            configuration.crashLimit = 1_000
            configuration.retry = RetryPolicy(pauses: [.milliseconds(50)], jitter: 0.5)
            let behind = ConnectionPool(
                configuration: try PQConfiguration(url: proxy.url, schema: TestDatabase.required.schema),
                logger: Logger(label: "test"))
            let worker = try Worker(
                configuration, pool: behind,
                handlers: [CarefulHandler(platform: platform), CarefulReconciler(platform: platform)],
                logger: Logger(label: "test"))
            proxy.cutEvery(61, times: 12)
            async let run: Void = worker.run()
            try await eventually("every job succeeds") {
                try await queue.store.list(JobFilter(states: [.succeeded], kind: "noop", limit: 1_000)).count
                    == jobs.count
            }
            #expect(proxy.fired == 12)
            worker.drain()
            try await run
            await behind.close()
            #expect(platform.counts.count == jobs.count)
            #expect(platform.counts.values.allSatisfy { $0 == 1 })
            #expect(try await queue.ledger.counts() == [.confirmed: jobs.count])
            try await queue.expectSound()
        }
    }
}

/// Asks again until the condition holds; the question itself is what takes the time, and the suite's limit ends it.
func eventually(
    _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async throws {
    while !Task.isCancelled {
        if try await condition() { return }
        await Task.yield()
    }
    Issue.record(what, sourceLocation: sourceLocation)
}
