// SPDX-License-Identifier: MIT

import Domain
import PQClient
import TestSupport
import Testing

@testable import JobQueue

/// A sound history with a job in every place, for ``AuditPlant`` to break.
struct AuditScene: Sendable {
    let queue: QueueFixture
    /// Was given back once and succeeded then, with one confirmed send of the operation `ended`.
    let ended: JobID
    /// Ran once and is held.
    let held: JobID
    /// Runs, with a send of the operation `sending` under way.
    let sending: ClaimedJob
    /// Runs for the same account, and sends nothing.
    let idle: ClaimedJob
    /// Is ready, has never run and has a key.
    let ready: JobID

    /// Makes it; three jobs of the client may run at once, and two do.
    init() async throws {
        let queue = try await QueueFixture()
        self.queue = queue
        try await queue.store.setConcurrency(.client(queue.client, nil), 3)
        self.ended = try await Self.end(queue)
        let held = try await queue.claimedJob()
        try await queue.store.finish([Finish(held, .held(reason: "legal", nil))])
        self.held = held.id
        let (first, second) = Self.pair(queue)
        try await queue.store.enqueue([first, second])
        let running = try await queue.claim(try await queue.worker())
        self.sending = try #require(running.first { $0.id == first.id })
        self.idle = try #require(running.first { $0.id == second.id })
        let effects = queue.effects(of: self.sending)
        try await effects.prepare("sending")
        _ = try #require(try await effects.fence("sending"))
        let ready = queue.job(key: "key")
        try await queue.store.enqueue([ready])
        self.ready = ready.id
    }

    private static func end(_ queue: QueueFixture) async throws -> JobID {
        let first = try await queue.claimedJob()
        try await queue.store.finish([Finish(first, .released)])
        let second = try #require(try await queue.claim(try await queue.worker()).first)
        let effects = queue.effects(of: second)
        try await effects.prepare("ended")
        let grant = try #require(try await effects.fence("ended"))
        try await effects.confirm("ended", send: grant.sendNumber, evidence: "{}")
        try await queue.store.finish([Finish(second, .succeeded)])
        return first.id
    }

    private static func pair(_ queue: QueueFixture) -> (NewJob, NewJob) {
        let first = queue.job()
        var second = queue.job()
        second.account = first.account
        return (first, second)
    }

    /// The rules that the audit says do not hold.
    func broken() async throws -> Set<String> {
        let violations = try await self.queue.store.audit().violations
        #expect(violations.allSatisfy { $0.count > 0 && !$0.example.isEmpty })
        return Set(violations.map(\.rule))
    }
}
