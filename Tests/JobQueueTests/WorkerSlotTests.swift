// SPDX-License-Identifier: MIT

import Domain
import PQClient
import Synchronization
import TestSupport
import Testing

@testable import JobQueue

/// How many are at something at once.
final class Crowd: Sendable {
    private let state = Mutex((now: 0, most: 0))
    var most: Int { self.state.withLock { $0.most } }
    func enter() {
        self.state.withLock { state in
            state.now += 1
            state.most = max(state.most, state.now)
        }
    }
    func leave() { self.state.withLock { $0.now -= 1 } }
}

@Suite("Slots of a worker", .postgresSchema, .timeLimit(.minutes(10)))
struct WorkerSlotTests {
    private static func configuration(slots: Int) -> WorkerConfiguration {
        var configuration = QueueFixture.configuration
        configuration.slots = ["work": slots]
        return configuration
    }

    /// A handler that takes a slot for what it calls.
    private static func caller(
        _ kind: JobKind = "call", _ body: @escaping @Sendable (ClaimedJob, RunSlot) async throws -> JobResult
    ) -> ClosureHandler {
        ClosureHandler(
            kind: kind, body: { job, _ in try await body(job, try #require(RunSlot.current)) }, holdsSlot: false)
    }

    /// Lets a worker see that calls are short.
    private static func teach(_ worker: Worker) async throws {
        let slot = try #require(worker.slots["work"]).open(-1, isWhole: false)
        try await slot.take()
        slot.close()
    }

    private static func waitForWaiting(_ count: Int, _ worker: Worker) async throws {
        let slots = try #require(worker.slots["work"])
        while slots.waitingCount < count, !Task.isCancelled { await Task.yield() }
    }

    @Test("never more runs call at once than there are slots, although more jobs are in hand")
    func calls() async throws {
        let queue = try await QueueFixture()
        let release = EventLog()
        let (calling, inHand) = (Crowd(), Crowd())
        let handler = Self.caller { _, slot in
            inHand.enter()
            try await slot.take()
            slot.giveBack()
            release.add("called")
            await release.wait(for: "go")
            try await slot.take()
            calling.enter()
            for _ in 0..<20 { await Task.yield() }
            calling.leave()
            slot.giveBack()
            inHand.leave()
            return .succeeded
        }
        try await queue.withWorker(Self.configuration(slots: 2), handlers: [handler]) { _, log in
            try await queue.store.enqueue((0..<20).map { _ in queue.job("call") })
            // Two for the slots, and three ahead for each of them, because the calls are short; the last one only with others.
            await release.wait(for: "called", count: 7)
            release.add("go")
            await log.wait(for: "succeeded applied", count: 20)
        }
        #expect(calling.most <= 2 && (7...8).contains(inHand.most))
        try await queue.expectSound()
    }

    @Test(
        "runs that hold their slot all the time never exceed the slots, also where others of their queue let jobs be ahead"
    )
    func wholeRuns() async throws {
        let queue = try await QueueFixture()
        let release = EventLog()
        let running = Crowd()
        let handler = ClosureHandler(kind: "noop") { _, _ in
            running.enter()
            await release.wait(for: "go")
            running.leave()
            return .succeeded
        }
        let other = Self.caller { _, _ in .succeeded }
        try await queue.withWorker(Self.configuration(slots: 2), handlers: [handler, other]) { worker, log in
            await log.wait(for: "started")
            try await Self.teach(worker)
            try await queue.store.enqueue((0..<8).map { _ in queue.job() })
            try await Self.waitForWaiting(1, worker)
            await log.wait(for: "running noop", count: 2)
            #expect(log.count("running noop") == 2 && worker.slots["work"]?.heldCount == 2)
            release.add("go")
            await log.wait(for: "succeeded applied", count: 8)
        }
        #expect(running.most == 2)
    }

    @Test("while nothing is known of how long calls take, no more jobs are in hand than there are slots")
    func unknown() async throws {
        let queue = try await QueueFixture()
        let release = EventLog()
        let handler = Self.caller { _, slot in
            try await slot.take()
            release.add("calling")
            await release.wait(for: "go")
            return .succeeded
        }
        try await queue.withWorker(Self.configuration(slots: 2), handlers: [handler]) { worker, log in
            try await queue.store.enqueue((0..<5).map { _ in queue.job("call") })
            await release.wait(for: "calling", count: 2)
            #expect(worker.freePlaces("work") == 0)
            #expect(try await queue.store.list(JobFilter(states: [.ready])).count == 3)
            release.add("go")
            await log.wait(for: "succeeded applied", count: 5)
        }
    }

    @Test("a run that is cancelled while it waits for a slot ends at once, and frees none that it does not hold")
    func cancelled() async throws {
        let queue = try await QueueFixture()
        let release = EventLog()
        let handler = Self.caller { job, slot in
            try await slot.take()
            release.add("calling \(job.id)")
            await release.wait(for: "go")
            return .succeeded
        }
        let jobs = (0..<2).map { _ in queue.job("call") }
        try await queue.withWorker(Self.configuration(slots: 1), handlers: [handler]) { worker, log in
            await log.wait(for: "started")
            try await Self.teach(worker)
            try await queue.store.enqueue(jobs)
            try await Self.waitForWaiting(1, worker)
            let waiting = try #require(jobs.first { release.count("calling \($0.id)") == 0 })
            try await queue.store.cancel(waiting.id, client: queue.client, reason: "no")
            await log.wait(for: "cancelled applied")
            #expect(worker.slots["work"]?.heldCount == 1 && worker.slots["work"]?.waitingCount == 0)
            release.add("go")
            await log.wait(for: "succeeded applied")
        }
        #expect(jobs.map { release.count("calling \($0.id)") }.sorted() == [0, 1])
        try await queue.expectSound()
    }

    @Test("a job that waits for its first slot for too long goes back for another worker, and no attempt is spent")
    func crowded() async throws {
        let queue = try await QueueFixture()
        let release = EventLog()
        let handler = Self.caller { _, slot in
            try await slot.take()
            await release.wait(for: "go")
            return .succeeded
        }
        let jobs = (0..<2).map { _ in queue.job("call") }
        try await queue.withWorker(Self.configuration(slots: 1), handlers: [handler]) { worker, log in
            await log.wait(for: "started")
            try await Self.teach(worker)
            try await queue.store.enqueue(jobs)
            try await Self.waitForWaiting(1, worker)
            worker.clearLines(at: .now + WorkSlots.patience)
            await log.wait(for: "released applied")
            release.add("go")
            await log.wait(for: "succeeded applied", count: 2)
            #expect(log.count("cancelling crowded") == log.count("released applied"))
        }
        for job in jobs { #expect(try await queue.store.job(job.id)?.spec.failures == 0) }
        try await queue.expectSound()
    }

    @Test(
        "a drain lets runs go on that wait for a slot, and gives them back when its grace is over",
        arguments: [true, false])
    func drain(isPatient: Bool) async throws {
        let queue = try await QueueFixture()
        let release = EventLog()
        let handler = Self.caller { _, slot in
            try await slot.take()
            await release.wait(for: "go")
            return .succeeded
        }
        let jobs = (0..<2).map { _ in queue.job("call") }
        var configuration = Self.configuration(slots: 1)
        configuration.sendGrace = .milliseconds(100)
        try await queue.withWorker(configuration, handlers: [handler]) { worker, log in
            await log.wait(for: "started")
            try await Self.teach(worker)
            try await queue.store.enqueue(jobs)
            try await Self.waitForWaiting(1, worker)
            worker.drain(within: isPatient ? nil : .zero)
            await log.wait(for: "draining")
            if isPatient { release.add("go") }
            await log.wait(for: isPatient ? "succeeded applied" : "released applied", count: 2)
            release.add("go")
        }
        #expect(try await queue.store.list(JobFilter(states: [isPatient ? .succeeded : .ready])).count == 2)
        try await queue.expectSound()
    }

    @Test("the slot of a handler that never returns is free once it is given up, and it gets none any more")
    func givenUp() async throws {
        let queue = try await QueueFixture()
        let release = EventLog()
        let handler = Self.caller { job, slot in
            try await slot.take()
            guard job.provider == "p" else { return .succeeded }
            release.add("calling")
            await release.wait(for: "go")
            slot.giveBack()
            do {
                try await slot.take()
            } catch is CancellationError {
                release.add("refused")
            }
            return .succeeded
        }
        var configuration = Self.configuration(slots: 1)
        configuration.deadlines = ["call": .seconds(1)]
        configuration.sendGrace = .milliseconds(100)
        configuration.retry = RetryPolicy(pauses: [.seconds(3_600)], jitter: 0)
        let other = NewJob(client: queue.client, queue: "work", kind: "call", provider: "other")
        try await queue.withWorker(configuration, handlers: [handler]) { worker, log in
            try await queue.store.enqueue([queue.job("call")])
            await release.wait(for: "calling")
            try await queue.store.enqueue([other])
            await log.wait(for: "retry applied")
            await log.wait(for: "succeeded applied")
            release.add("go")
            await release.wait(for: "refused")
            #expect(worker.slots["work"]?.heldCount == 0)
        }
        try await queue.expectSound()
    }
}
