// SPDX-License-Identifier: MIT

import Domain
import PQClient
import Synchronization
import TestSupport
import Testing

@testable import JobQueue

@Suite("Calls that write at the same moment")
struct CallGroupTests {
    @Test("a call goes out at once, and those that come meanwhile go together, each with its own answer")
    func gathers() async throws {
        let group = Self.group()
        let writes = HeldWrites()
        let first = (0..<group.transactions).map { _ in Self.jobs(1) }
        let rest = (1...5).map { Self.jobs($0) }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for (index, jobs) in first.enumerated() {
                tasks.addTask { try await Self.enqueue(jobs, group, writes) }
                await writes.waitForCount(index + 1)
            }
            for jobs in rest {
                let waiting = group.waitingCount
                tasks.addTask { try await Self.enqueue(jobs, group, writes) }
                while group.waitingCount == waiting { await Task.yield() }
            }
            await writes.open()
            try await tasks.waitForAll()
        }
        #expect(await writes.sizes == [1, 1, 15])
    }

    @Test("what the server refuses together is tried one by one, and only the wrong call fails")
    func refuses() async throws {
        let group = Self.group()
        let writes = HeldWrites(refused: "bad")
        let outcomes = await Self.outcomes(group, writes, payloads: ["a", "a", "b", "bad", "c"])
        #expect(outcomes == [true, true, true, false, true])
        #expect(await writes.sizes == [1, 1, 3, 1, 1, 1])
    }

    @Test("when the connection is lost nothing is tried again, and every caller is told that the outcome is unknown")
    func lost() async throws {
        let group = Self.group()
        let writes = HeldWrites(lost: "bad")
        let outcomes = await Self.outcomes(group, writes, payloads: ["a", "a", "b", "bad", "c"])
        #expect(outcomes == [true, true, false, false, false])
        #expect(await writes.sizes == [1, 1, 3])
    }

    private typealias Group = CallGroup<[NewJob], [Enqueued]>

    private static func group() -> Group { Group(largest: 1_000) { $0.count } }

    private static func jobs(_ count: Int, key: String? = nil) -> [NewJob] {
        (0..<count).map { _ in NewJob(client: ClientID(), queue: "publish", kind: "publish", key: key) }
    }

    private static func enqueue(_ jobs: [NewJob], _ group: Group, _ writes: HeldWrites) async throws {
        let answers = try await group.write(jobs) { try await writes.write($0) }
        #expect(answers == jobs.map { Enqueued(id: $0.id, isNew: true) })
    }

    /// Enqueues one after another while the first ones are held; whether each succeeded.
    private static func outcomes(_ group: Group, _ writes: HeldWrites, payloads: [String]) async -> [Bool] {
        await withTaskGroup(of: (Int, Bool).self) { tasks in
            for (index, key) in payloads.enumerated() {
                let waiting = group.waitingCount
                tasks.addTask {
                    do {
                        try await Self.enqueue(Self.jobs(1, key: key), group, writes)
                        return (index, true)
                    } catch {
                        return (index, false)
                    }
                }
                if index < group.transactions {
                    await writes.waitForCount(index + 1)
                } else {
                    while group.waitingCount == waiting { await Task.yield() }
                }
            }
            await writes.open()
            var outcomes = [Bool](repeating: false, count: payloads.count)
            for await (index, succeeded) in tasks { outcomes[index] = succeeded }
            return outcomes
        }
    }
}

/// A database that answers when it is opened.
private actor HeldWrites {
    private(set) var sizes: [Int] = []
    private let refused: String?
    private let lost: String?
    private var isOpen = false
    private var held: [CheckedContinuation<Void, Never>] = []
    private var counting: [(Int, CheckedContinuation<Void, Never>)] = []

    init(refused: String? = nil, lost: String? = nil) {
        self.refused = refused
        self.lost = lost
    }

    func write(_ calls: [[NewJob]]) async throws -> [[Enqueued]] {
        let jobs = calls.flatMap(\.self)
        self.sizes.append(jobs.count)
        for (count, waiter) in self.counting where count <= self.sizes.count { waiter.resume() }
        self.counting.removeAll { $0.0 <= self.sizes.count }
        if !self.isOpen { await withCheckedContinuation { self.held.append($0) } }
        if let refused = self.refused, jobs.contains(where: { $0.key == refused }) {
            throw PQError(.server, "refused")
        }
        if let lost = self.lost, jobs.contains(where: { $0.key == lost }) {
            throw PQError(.connectionLost, "lost", outcomeUnknown: true)
        }
        return calls.map { $0.map { Enqueued(id: $0.id, isNew: true) } }
    }

    func open() {
        self.isOpen = true
        for held in self.held { held.resume() }
        self.held = []
    }

    func waitForCount(_ count: Int) async {
        if self.sizes.count < count { await withCheckedContinuation { self.counting.append((count, $0)) } }
    }
}
