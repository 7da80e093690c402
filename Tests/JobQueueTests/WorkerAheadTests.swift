// SPDX-License-Identifier: MIT

import Domain
import Logging
import PQClient
import Synchronization
import TestSupport
import Testing

@testable import JobQueue

/// The worker of a test, once it is there.
private final class OnlyWorker: Sendable {
    private let state = Mutex<Worker?>(nil)
    var worker: Worker? {
        get { self.state.withLock(\.self) }
        set { self.state.withLock { $0 = newValue } }
    }
}

@Suite("A worker with more jobs in hand than slots", .postgresSchema, .timeLimit(.minutes(10)))
struct WorkerAheadTests {
    private static func configuration(slots: Int) -> WorkerConfiguration {
        var configuration = QueueFixture.configuration
        configuration.slots = ["work": slots]
        return configuration
    }

    /// A handler that goes on until it is told to end.
    private static func handler(until release: EventLog) -> ClosureHandler {
        ClosureHandler(kind: "noop") { _, _ in
            await release.wait(for: "go")
            return .succeeded
        }
    }

    /// A worker of one slot at work, with two more jobs that wait for it.
    private static func withWaiting(
        _ queue: QueueFixture, _ handler: ClosureHandler,
        _ body: @Sendable (Worker, EventLog, [ClaimedJob]) async throws -> Void
    ) async throws {
        try await queue.withWorker(Self.configuration(slots: 1), handlers: [handler]) { worker, log in
            try await queue.store.enqueue([queue.job()])
            await log.wait(for: "running noop")
            try await queue.store.enqueue([queue.job(), queue.job()])
            worker.table.withLock { $0.claimBegins() }
            let jobs = try await queue.store.claim(
                ClaimRequest(queue: "work", limit: 2, worker: worker.id, abilities: worker.abilities))
            try #require(jobs.count == 2)
            #expect(worker.table.withLock { $0.claimEnds(jobs, at: .now) }.isEmpty)
            try await body(worker, log, jobs)
        }
    }

    @Test("no more handlers run at once than there are slots although more jobs are in hand, and each runs once")
    func slots() async throws {
        let queue = try await QueueFixture()
        let running = Crowd()
        let runs = Mutex<[JobID: Int]>([:])
        let mostWaiting = Mutex(0)
        let works = OnlyWorker()
        let handler = ClosureHandler(kind: "noop") { job, _ in
            running.enter()
            runs.withLock { $0[job.id, default: 0] += 1 }
            let waiting = works.worker?.table.withLock { $0.openCount - $0.runningCount } ?? 0
            mostWaiting.withLock { $0 = max($0, waiting) }
            for _ in 0..<20 { await Task.yield() }
            running.leave()
            return .succeeded
        }
        try await queue.withWorker(Self.configuration(slots: 8), handlers: [handler]) { worker, log in
            works.worker = worker
            try await queue.store.enqueue((0..<600).map { _ in queue.job(client: ClientID()) })
            await log.wait(for: "succeeded applied", count: 600)
        }
        #expect(running.most <= 8 && (1...8).contains(mostWaiting.withLock(\.self)))
        #expect(runs.withLock { $0.count == 600 && $0.values.allSatisfy { $0 == 1 } })
        try await queue.expectSound()
    }

    @Test("a job that is cancelled while it waits ends without having run; the next one has the slot")
    func cancel() async throws {
        let queue = try await QueueFixture()
        let release = EventLog()
        try await Self.withWaiting(queue, Self.handler(until: release)) { worker, log, jobs in
            _ = try await queue.store.cancel(jobs[0].id, client: jobs[0].client, reason: "changed our mind")
            await log.wait(for: "cancelled applied")
            #expect(log.count("running noop") == 1 && worker.table.withLock { $0.openCount } == 2)
            release.add("go")
            await log.wait(for: "succeeded applied", count: 2)
            #expect(try await queue.outcomes(of: jobs[0].id) == ["cancelled"])
            #expect(try await queue.outcomes(of: jobs[1].id) == ["succeeded"])
        }
        try await queue.expectSound()
    }

    @Test(
        "a job that waits begins when the record of the one before is written, also when that cannot be",
        arguments: [true, false])
    func records(isGood: Bool) async throws {
        struct Unwritable: Error {}
        let queue = try await QueueFixture()
        let release = EventLog()
        let handler = ClosureHandler(kind: "noop") { job, _ in
            await release.wait(for: "go")
            return JobResult(.succeeded) { db in
                try await db.execute("SELECT \(job.id)")
                if !isGood { throw Unwritable() }
            }
        }
        try await Self.withWaiting(queue, handler) { _, log, _ in
            release.add("go")
            await log.wait(for: isGood ? "succeeded applied" : "retry applied", count: 3)
            // The slot is free again: whatever comes next has it.
            try await queue.store.enqueue([queue.job()])
            await log.wait(for: "running noop", count: 4)
        }
        try await queue.expectSound()
    }

    @Test("a job that waits for a slot for too long goes back for another worker, and no attempt is spent")
    func stuck() async throws {
        let queue = try await QueueFixture()
        let release = EventLog()
        try await Self.withWaiting(queue, Self.handler(until: release)) { worker, log, jobs in
            worker.clearLines(at: .now + WorkSlots.patience)
            await log.wait(for: "released applied", count: 2)
            #expect(log.count("running noop") == 1)
            for job in jobs {
                let summary = try #require(try await queue.store.job(job.id))
                #expect(summary.state == .ready && summary.spec.failures == 0 && summary.spec.crashes == 0)
            }
            release.add("go")
            await log.wait(for: "succeeded applied", count: 3)
        }
        try await queue.expectSound()
    }

    @Test("a drain gives back at once what waits, unrun, and lets what runs come to its end")
    func drain() async throws {
        let queue = try await QueueFixture()
        let release = EventLog()
        try await Self.withWaiting(queue, Self.handler(until: release)) { worker, log, _ in
            worker.drain()
            await log.wait(for: "released applied", count: 2)
            release.add("go")
            await log.wait(for: "stopped")
            #expect(log.count("running noop") == 1 && log.count("succeeded applied") == 1)
        }
        #expect(try await queue.store.list(JobFilter(states: [.ready])).count == 2)
        try await queue.expectSound()
    }

    @Test("when one half of a large claim fails, the jobs of the other half run, and nothing is lost")
    func halves() async throws {
        let queue = try await QueueFixture()
        try await queue.pool.execute("CREATE SEQUENCE claim_attempts")
        try await queue.pool.execute(
            """
            CREATE FUNCTION fail_once() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF nextval('claim_attempts') = 1 THEN RAISE EXCEPTION 'this claim fails'; END IF;
                    RETURN NULL;
                END $$
            """)
        try await queue.pool.execute(
            "CREATE TRIGGER fail_once AFTER INSERT ON job_lease FOR EACH STATEMENT EXECUTE FUNCTION fail_once()")
        // Four jobs of an account are its turn: all fit into the first claim.
        let jobs = (0..<100).flatMap { _ in
            var job = queue.job(client: ClientID())
            return (0..<4).map { _ in
                job.id = JobID()
                return job
            }
        }
        try await queue.store.enqueue(jobs)
        let claims = Mutex<[Int]>([])
        let log = EventLog()
        let worker = try Worker(
            Self.configuration(slots: 400), pool: queue.pool, handlers: [WorkerTests.noop],
            logger: Logger(label: "test")
        ) { event in
            if case .claimed(_, let count, _) = event { claims.withLock { $0.append(count) } }
            log.record(event)
        }
        async let run: Void = worker.run()
        await log.wait(for: "succeeded applied", count: 400)
        worker.drain()
        try await run
        #expect(log.count("setback claim") == 1)
        // In one statement the first claim would take all.
        #expect(claims.withLock { $0.reduce(0, +) == 400 && $0.allSatisfy { $0 <= 200 } })
        try await queue.expectSound()
    }
}
