// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import TestSupport
import Testing

@testable import JobQueue

@Suite("Effects", .postgresSchema)
struct EffectTests {
    @Test("an effect passes the fence once, and again only after proof that nothing took effect")
    func fence() async throws {
        let queue = try await QueueFixture()
        let job = try await queue.claimedJob()
        let effects = queue.effects(of: job)
        #expect(try await effects.prepare("op").map(\.state) == [.prepared])
        let first = try #require(try await effects.fence("op"))
        #expect(first.sendNumber == 1 && first.leaseNumber == job.lease.number && first.notAfter > .now)
        #expect(try await effects.fence("op") == nil)

        #expect(try await effects.notSent("op", send: 1).state == .prepared)
        #expect(try await effects.fence("op")?.sendNumber == 2)
        #expect(try await effects.markUnknown("op", send: 2).state == .unknown)
        #expect(try await effects.fence("op") == nil)
        #expect(try await effects.confirm("op", send: 2, evidence: #"{"id": "1"}"#).state == .confirmed)
        #expect(try await effects.fence("op") == nil)
        #expect(try await effects.prepare("op").map(\.state) == [.confirmed])
        #expect(
            try await queue.ledger.sends(of: "op", client: queue.client).map(\.outcome) == ["not-sent", "confirmed"])
        _ = try await queue.store.finish([Finish(job, .succeeded)])
        try await queue.expectSound()
    }

    @Test("the outside system's id of a send's request outlasts the look that settles it")
    func requestID() async throws {
        let queue = try await QueueFixture()
        let effects = queue.effects(of: try await queue.claimedJob())
        try await effects.prepare("op")
        #expect(try await effects.fence("op") != nil)
        try await effects.markUnknown("op", send: 1, requestID: "r")
        try await effects.confirm("op", send: 1, evidence: "{}")
        #expect(try await queue.ledger.sends(of: "op", client: queue.client).map(\.requestID) == ["r"])
    }

    @Test("callers that race at the fence: one sends")
    func race() async throws {
        let queue = try await QueueFixture()
        let job = try await queue.claimedJob()
        try await queue.effects(of: job).prepare("op")
        let grants = try await withThrowingTaskGroup { group in
            for _ in 0..<6 { group.addTask { try await queue.effects(of: job).fence("op") } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(grants.compactMap { $0 }.count == 1)
    }

    @Test("what must be true with the send is checked in the same transaction")
    func also() async throws {
        let queue = try await QueueFixture()
        let effects = queue.effects(of: try await queue.claimedJob())
        try await effects.prepare("op")
        struct OverBudget: Error {}
        await #expect(throws: OverBudget.self) { try await effects.fence("op") { _ in throw OverBudget() } }
        #expect(try await effects.load("op").map(\.state) == [.prepared])
        #expect(try await effects.fence("op") { db in _ = try await db.execute("SELECT 1") } != nil)
    }

    @Test("a rejected effect may be prepared anew, and is sent under the next number")
    func rejection() async throws {
        let queue = try await QueueFixture()
        let effects = queue.effects(of: try await queue.claimedJob())
        try await effects.prepare("op")
        _ = try await effects.fence("op")
        #expect(try await effects.reject("op", send: 1, evidence: #"{"status": 400}"#).state == .rejected)
        #expect(try await effects.fence("op") == nil)
        #expect(try await effects.prepare("op").map(\.state) == [.prepared])
        #expect(try await effects.fence("op")?.sendNumber == 2)
    }

    @Test("absence is proven by two reads far enough from the send and from each other")
    func absence() async throws {
        let queue = try await QueueFixture()
        let effects = queue.effects(of: try await queue.claimedJob())
        try await queue.world.set(epoch: nil, rate: 0)
        try await effects.prepare("op")
        _ = try await effects.fence("op")
        try await effects.markUnknown("op", send: 1)
        var now = try await queue.world.now()
        func read(after seconds: TimeInterval) async throws -> Effect {
            now = now.addingTimeInterval(seconds)
            try await queue.world.set(epoch: now, rate: 0)
            return try await effects.recordAbsentRead("op", send: 1, minimumDistance: .seconds(60))
        }
        #expect(try await read(after: 30).absentReads == 0)
        #expect(try await read(after: 31).absentReads == 1)
        #expect(try await read(after: 59).state == .unknown)
        #expect(try await read(after: 2).state == .prepared)
        #expect(try await effects.fence("op")?.sendNumber == 2)
        #expect(try await queue.ledger.sends(of: "op", client: queue.client).map(\.outcome) == ["absent", nil])
    }

    @Test("a read that was written down late is no second one: what counts is when it began")
    func lateRead() async throws {
        let queue = try await QueueFixture()
        let effects = queue.effects(of: try await queue.claimedJob())
        try await queue.world.set(epoch: nil, rate: 0)
        let sent = try await queue.world.now()
        try await effects.prepare("op")
        _ = try await effects.fence("op")
        try await effects.markUnknown("op", send: 1)
        func read(at start: TimeInterval, written end: TimeInterval) async throws -> Effect {
            try await queue.world.set(epoch: sent.addingTimeInterval(end), rate: 0)
            return try await effects.recordAbsentRead(
                "op", send: 1, minimumDistance: .seconds(60), readAt: sent.addingTimeInterval(start))
        }
        #expect(try await read(at: 61, written: 62).absentReads == 1)
        #expect(try await read(at: 64, written: 130).state == .unknown)
        #expect(try await read(at: 131, written: 132).state == .prepared)
    }

    @Test("a late doubt about a send does not undo the proof that it took no effect")
    func lateDoubt() async throws {
        let queue = try await QueueFixture()
        let effects = queue.effects(of: try await queue.claimedJob())
        try await effects.prepare("op")
        _ = try await effects.fence("op")
        try await effects.markUnknown("op", send: 1)
        for _ in 0..<2 { _ = try await effects.recordAbsentRead("op", send: 1, minimumDistance: .zero) }
        #expect(try await effects.fence("op")?.sendNumber == 2)
        try await effects.markUnknown("op", send: 1)
        #expect(try await queue.ledger.sends(of: "op", client: queue.client).map(\.outcome) == ["absent", nil])
        try await queue.expectSound()
    }

    @Test(
        "a confirmation that arrives during a later send counts when that send ends without one: nothing is sent again",
        arguments: ["not-sent", "rejected", "unknown", "absent"])
    func lateConfirmation(end: String) async throws {
        let queue = try await QueueFixture()
        let effects = queue.effects(of: try await queue.claimedJob())
        try await effects.prepare("op")
        _ = try await effects.fence("op")
        try await effects.markUnknown("op", send: 1)
        for _ in 0..<2 { _ = try await effects.recordAbsentRead("op", send: 1, minimumDistance: .zero) }
        _ = try await effects.fence("op")
        if end == "absent" { try await effects.markUnknown("op", send: 2) }
        #expect(try await effects.confirm("op", send: 1, evidence: #"{"id": "1"}"#).state != .prepared)
        switch end {
        case "not-sent": try await effects.notSent("op", send: 2)
        case "rejected": try await effects.reject("op", send: 2, evidence: "{}")
        case "unknown": try await effects.markUnknown("op", send: 2)
        default: break
        }
        let effect = try #require(try await effects.prepare("op").first)
        #expect(effect.state == .confirmed && effect.evidence == #"{"id": "1"}"#)
        #expect(try await effects.fence("op") == nil)
    }

    @Test("a checkpoint is kept with the operation")
    func checkpoint() async throws {
        let queue = try await QueueFixture()
        let effects = queue.effects(of: try await queue.claimedJob())
        await #expect(throws: JobQueueError.self) {
            try await effects.save(checkpoint: Data([1]), version: 1, operation: "op")
        }
        try await effects.prepare("op", parts: [0, 1])
        try await effects.save(checkpoint: Data([1, 2]), version: 3, operation: "op")
        let effect = try #require(try await effects.load("op").first)
        #expect(effect.checkpoint == Data([1, 2]) && effect.checkpointVersion == 3)
    }

    @Test("a worker that may not send enters no fence")
    func gate() async throws {
        let queue = try await QueueFixture()
        let gate = SendGate()
        gate.open(until: .now - .seconds(1))
        let effects = queue.effects(of: try await queue.claimedJob(), gate: gate)
        try await effects.prepare("op")
        #expect(try await effects.fence("op") == nil)
        gate.open(until: .now + .seconds(60))
        #expect(try await effects.fence("op") != nil)
        gate.shut()
        #expect(!gate.canSend)
    }

    @Test("a run that ends in the middle of a send leaves the send unknown")
    func unsettled() async throws {
        let queue = try await QueueFixture()
        let job = try await queue.claimedJob()
        let effects = queue.effects(of: job)
        try await effects.prepare("op")
        _ = try await effects.fence("op")
        try await queue.store.finish([Finish(job, .released)])
        #expect(try await effects.load("op").map(\.state) == [.unknown])
        try await queue.expectSound()
    }

    @Test("a person settles an unknown effect, and nothing else")
    func resolve() async throws {
        let queue = try await QueueFixture()
        let effects = queue.effects(of: try await queue.claimedJob())
        try await effects.prepare("op")
        func resolve(_ state: EffectState) async throws {
            try await queue.pool.withTransaction { db in
                try await queue.ledger.resolve(
                    "op", part: 0, client: queue.client, as: state, evidence: #"{"url": "u"}"#, by: "ann", on: &db)
            }
        }
        await #expect(throws: JobQueueError.self) { try await resolve(.confirmed) }
        _ = try await effects.fence("op")
        try await effects.markUnknown("op", send: 1)
        #expect(try await queue.ledger.list(.unknown).map(\.operation) == ["op"])
        try await resolve(.confirmed)
        let effect = try #require(try await effects.load("op").first)
        #expect(effect.state == .confirmed && effect.resolvedBy == "ann")
        #expect(try await queue.ledger.counts() == [.confirmed: 1])
    }
}
