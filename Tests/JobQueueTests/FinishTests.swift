// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import Synchronization
import TestSupport
import Testing

@testable import JobQueue

@Suite("Finish", .postgresSchema)
struct FinishTests {
    static let failure = JobFailure(code: "c", message: "m\0", httpStatus: 500, requestID: "r")

    @Test(
        "ends of runs look for their leases by key or place, also where the table was empty when it was last analyzed")
    func plan() async throws {
        let queue = try await QueueFixture()
        let worker = try await queue.worker()
        try await queue.store.enqueue((0..<400).map { _ in queue.job(client: ClientID()) })
        let claimed = try await queue.claim(worker, limit: 400)
        #expect(claimed.count == 400)
        // Much that is dead and nothing that lives: what tempts the planner to read all of it.
        try await queue.store.finish(claimed.map { Finish($0, .succeeded) })
        try await queue.pool.execute("ANALYZE job_lease")
        let ends = claimed.map { Finish($0, .succeeded) }
        for (statement, way) in [
            (JobStore.finish(ends), "Bitmap Index Scan on job_lease_pkey"),
            (JobStore.succeed(ends), "Tid Scan on job_lease"),
        ] {
            let plan: [String] = try await queue.pool.withConnection { db in
                try await db.pipeline([JobStore.planOnProbes, "EXPLAIN " + statement])[1].column()
            }
            #expect(plan.contains { $0.contains(way) }, "\(plan.joined(separator: "\n"))")
            #expect(!plan.contains { $0.contains("job_lease_slot") })
        }
    }

    @Test(
        "a pause beyond the calendar, as a platform may say it, ends the run all the same and others with it",
        arguments: [
            (JobOutcome.retry(after: .seconds(Int64.max), failure), JobState.scheduled),
            (.deferredFor(.seconds(Int64.max), reason: "later"), .scheduled),
            (.keptBack(for: .seconds(Int64.max), reason: "later"), .ready),
        ])
    func endless(outcome: JobOutcome, state: JobState) async throws {
        let queue = try await QueueFixture()
        let (job, other) = (try await queue.claimedJob(), try await queue.claimedJob())
        let ends = [Finish(job, outcome), Finish(other, .failed(Self.failure))]
        #expect(try await queue.store.finish(ends) == [.applied, .applied])
        #expect(try await queue.store.job(job.id)?.state == state)
        #expect(try await queue.store.job(other.id)?.state == .failed)
    }

    @Test(
        "each outcome leads to its place and leaves one row in the history",
        arguments: [
            (JobOutcome.succeeded, JobState.succeeded), (.retry(after: .seconds(60), failure), .scheduled),
            (.deferredFor(.seconds(60), reason: "later"), .scheduled), (.failed(failure), .failed),
            (.held(reason: "why", failure), .held), (.cancelled(reason: "asked"), .cancelled), (.released, .ready),
        ])
    func places(outcome: JobOutcome, state: JobState) async throws {
        let queue = try await QueueFixture()
        let job = try await queue.claimedJob()
        #expect(try await queue.store.finish([Finish(job, outcome, duration: .milliseconds(7))]) == [.applied])
        #expect(try await queue.state(of: job.id) == state)
        let attempt = try #require(try await queue.store.attempts(of: job.id).first)
        #expect(attempt.outcome == outcome.word)
        #expect(attempt.isFinal == state.isFinal)
        #expect(attempt.leaseNumber == job.lease.number)
        #expect(attempt.duration == .milliseconds(7))
        #expect(try await queue.store.attempts(of: job.id).count == 1)
        try await queue.expectSound()
    }

    @Test("of runs that end together with records, one that cannot be written and one that is stale spoil no other")
    func recordsTogether() async throws {
        let queue = try await QueueFixture()
        let worker = try await queue.worker()
        try await queue.store.enqueue((0..<12).map { _ in queue.job(client: ClientID()) })
        let jobs = try await queue.claim(worker, limit: 12)
        try await queue.store.finish([Finish(jobs[1], .failed(Self.failure))])
        let written = try await withThrowingTaskGroup(of: (Int, FinishResult?).self) { group in
            for (index, job) in jobs.enumerated() {
                group.addTask {
                    let note = JobResult.Record { db in
                        if index == 2 { throw CancellationError() }
                        try await db.execute(
                            """
                            INSERT INTO queue_policy (queue, account_slots)
                            VALUES (\("\(job.id)"), \(index == 3 ? Int32(0) : 1))
                            """)
                    }
                    let result = try? await queue.store.finish(Finish(job, .succeeded), record: note)
                    return (index, result)
                }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        #expect(written.filter { $0.value == .applied }.keys.sorted() == [0] + Array(4..<12))
        #expect(written[1] == .stale || written[1] == .alreadyApplied)
        let notes: Int64 = try await queue.pool.query("SELECT count(*) FROM queue_policy").single()
        #expect(notes == 9)
        let left: [JobID] = try await queue.pool.query("SELECT job_id FROM job_lease").column()
        #expect(Set(left) == [jobs[2].id, jobs[3].id])
        try await queue.expectSound()
    }

    @Test("records of a kind that end at the same moment are written together; when that fails, each by itself")
    func recordsOfAKind() async throws {
        for isRefused in [false, true] {
            let queue = try await QueueFixture()
            let log = NoteLog()
            let notes = (0..<8).map { Note(text: isRefused && $0 == 3 ? "" : "\(isRefused) \($0)", log: log) }
            let written = try await queue.endTogether(notes.map { JobResult.Record($0) })
            #expect(written == notes.map { $0.text.isEmpty ? nil : .applied })
            #expect(log.sizes.withLock(\.self) == [8] + (isRefused ? Array(repeating: 1, count: 8) : []))
            let count: Int64 = try await queue.pool.query(
                "SELECT count(*) FROM queue_policy WHERE starts_with(queue, \("\(isRefused)"))"
            ).single()
            #expect(count == (isRefused ? 7 : 8))
            try await queue.expectSound()
        }
    }

    @Test("the outside system's id of a run's request is kept with the attempt, that of the failure before the run's")
    func requestID() async throws {
        let queue = try await QueueFixture()
        let done = try await queue.claimedJob()
        try await queue.store.finish([Finish(done, .succeeded, requestID: "run")])
        let failed = try await queue.claimedJob()
        try await queue.store.finish([Finish(failed, .failed(Self.failure), requestID: "run")])
        #expect(try await queue.store.attempts(of: done.id).map(\.requestID) == ["run"])
        #expect(try await queue.store.attempts(of: failed.id).map(\.requestID) == ["r"])
    }

    @Test("a failed attempt counts, a deferral and a release do not")
    func counters() async throws {
        let queue = try await QueueFixture()
        let first = try await queue.claimedJob()
        #expect(first.attempt == 1)
        try await queue.store.finish([Finish(first, .released)])
        let worker = try await queue.worker()
        let second = try #require(try await queue.claim(worker).first)
        #expect(second.attempt == 1 && second.deferCount == 0)
        try await queue.store.finish([Finish(second, .deferredFor(.zero, reason: "x"))])
        try await queue.store.promote()
        let third = try #require(try await queue.claim(worker).first)
        #expect(third.attempt == 1 && third.deferCount == 1)
        try await queue.store.finish([Finish(third, .retry(after: .zero, Self.failure))])
        try await queue.store.promote()
        let fourth = try #require(try await queue.claim(worker).first)
        #expect(fourth.attempt == 2 && fourth.deferCount == 1)
    }

    @Test("the last attempt that fails, fails the job for good")
    func lastAttempt() async throws {
        let queue = try await QueueFixture()
        var new = queue.job()
        new.maximumAttempts = 1
        let job = try await queue.claimedJob(new)
        try await queue.store.finish([Finish(job, .retry(after: .zero, Self.failure))])
        let summary = try #require(try await queue.store.job(job.id))
        #expect(summary.state == .failed)
        #expect(summary.failure == JobFailure(code: "c", message: "m", httpStatus: 500, requestID: "r"))
    }

    @Test("finishing again with the same lease, after a lost answer, changes nothing")
    func idempotence() async throws {
        let queue = try await QueueFixture()
        let job = try await queue.claimedJob()
        #expect(try await queue.store.finish([Finish(job, .succeeded)]) == [.applied])
        #expect(try await queue.store.finish([Finish(job, .succeeded)]) == [.alreadyApplied])
        #expect(try await queue.outcomes(of: job.id) == ["succeeded"])
    }

    @Test("a run whose lease was written since it was claimed, and stands elsewhere, ends like any other")
    func movedLease() async throws {
        let queue = try await QueueFixture()
        let job = try await queue.claimedJob()
        _ = try await queue.store.cancel(job.id, client: job.client, reason: "changed our mind")
        let places: [RowPlace] = try await queue.pool.query("SELECT ctid FROM job_lease").column()
        try #require(places.count == 1 && job.place != nil && places != [job.place])
        #expect(try await queue.store.finish([Finish(job, .succeeded)]) == [.applied])
        #expect(try await queue.outcomes(of: job.id) == ["succeeded"])
        try await queue.expectSound()
    }

    @Test("a place that another lease has taken since ends nothing")
    func takenPlace() async throws {
        let queue = try await QueueFixture()
        let claimed = try await queue.claimedJob()
        let other = try await queue.claimedJob()
        let job = ClaimedJob(
            spec: claimed.spec, lease: claimed.lease, claimedAt: claimed.claimedAt, place: other.place)
        #expect(try await queue.store.finish([Finish(job, .succeeded)]) == [.applied])
        #expect(try await queue.state(of: other.id) == .leased)
        #expect(try await queue.outcomes(of: job.id) == ["succeeded"])
    }

    @Test("a finish after the lease was lost changes no job and leaves one stale row")
    func stale() async throws {
        let queue = try await QueueFixture()
        let job = try await queue.claimedJob()
        try await queue.kill(job.lease.worker)
        _ = try await queue.store.rescue()
        let again = try #require(try await queue.claim(try await queue.worker()).first)
        #expect(again.id == job.id && again.lease.number > job.lease.number && again.crashCount == 1)

        #expect(
            try await queue.store.finish([Finish(job, .failed(Self.failure)), Finish(again, .succeeded)]) == [
                .stale, .applied,
            ])
        #expect(try await queue.store.finish([Finish(job, .failed(Self.failure))]) == [.stale])
        #expect(try await queue.state(of: job.id) == .succeeded)
        #expect(try await queue.outcomes(of: job.id).sorted() == ["crashed", "stale", "succeeded"])
        try await queue.expectSound()
    }

    @Test("what a handler records is written with the outcome, and only its evidence when the lease was lost")
    func records() async throws {
        let queue = try await QueueFixture()
        try await queue.pool.execute("CREATE TABLE note (text text NOT NULL)")
        let (ours, evidence): (JobResult.Record, JobResult.Record) = (
            .init { db in _ = try await db.execute("INSERT INTO note VALUES ('ours')") },
            .init { db in _ = try await db.execute("INSERT INTO note VALUES ('evidence')") }
        )
        let job = try await queue.claimedJob()
        #expect(
            try await queue.store.finish(Finish(job, .succeeded), record: ours, recordIfStale: evidence) == .applied)
        #expect(
            try await queue.store.finish(Finish(job, .succeeded), record: ours, recordIfStale: evidence)
                == .alreadyApplied)
        #expect(try await queue.pool.query("SELECT text FROM note").column(String.self) == ["ours"])

        let lost = try await queue.claimedJob()
        try await queue.kill(lost.lease.worker)
        _ = try await queue.store.rescue()
        #expect(try await queue.store.finish(Finish(lost, .succeeded), record: ours, recordIfStale: evidence) == .stale)
        #expect(try await queue.pool.query("SELECT text FROM note").column(String.self) == ["ours", "evidence"])
    }

    @Test("when the record fails, the outcome is not written either")
    func failedRecord() async throws {
        let queue = try await QueueFixture()
        let job = try await queue.claimedJob()
        await #expect(throws: PQError.self) {
            try await queue.store.finish(Finish(job, .succeeded)) { db in _ = try await db.execute("SELECT 1 / 0") }
        }
        #expect(try await queue.state(of: job.id) == .leased)
    }
}

/// How many notes were written at a time.
private final class NoteLog: Sendable {
    let sizes = Mutex<[Int]>([])
}

/// A record that is written together with others; an empty text cannot be.
private struct Note: JobRecord {
    var text: String
    var log: NoteLog

    static func write(_ notes: [Note], on db: inout Transaction) async throws -> [Statement] {
        notes[0].log.sizes.withLock { $0.append(notes.count) }
        return [
            """
            INSERT INTO queue_policy (queue, account_slots)
            SELECT text, CASE WHEN text = '' THEN 0 ELSE 1 END FROM unnest(\(notes.map(\.text))) AS text
            """
        ]
    }
}

extension QueueFixture {
    /// Ends a run with each of the records, in one transaction: others are under way until all wait.
    ///
    /// - Returns: what became of each; nil when it was refused.
    fileprivate func endTogether(_ records: [JobResult.Record]) async throws -> [FinishResult?] {
        let before = self.store.ending.transactions
        try await self.store.enqueue((0..<(before + records.count)).map { _ in self.job(client: ClientID()) })
        let jobs = try await self.claim(try await self.worker(), limit: before + records.count)
        let (begun, isBegun) = AsyncStream.makeStream(of: Void.self)
        let gates = (0..<before).map { _ in AsyncStream.makeStream(of: Void.self) }
        let store = self.store
        return try await withThrowingTaskGroup(of: (Int, FinishResult?).self) { group in
            var arrivals = begun.makeAsyncIterator()
            for (job, gate) in zip(jobs, gates) {
                group.addTask {
                    let held = JobResult.Record { _ in
                        isBegun.yield()
                        for await _ in gate.stream {}
                    }
                    return (-1, try await store.finish(Finish(job, .succeeded), record: held))
                }
                await arrivals.next()
            }
            for (index, (job, record)) in zip(jobs.dropFirst(before), records).enumerated() {
                group.addTask { (index, try? await store.finish(Finish(job, .succeeded), record: record)) }
                while store.ending.waitingCount <= index { await Task.yield() }
            }
            for gate in gates { gate.continuation.finish() }
            var results = [FinishResult?](repeating: nil, count: records.count)
            for try await (index, result) in group where index >= 0 { results[index] = result }
            return results
        }
    }
}
