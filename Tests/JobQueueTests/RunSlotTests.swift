// SPDX-License-Identifier: MIT

import Synchronization
import Testing

@testable import JobQueue

@Suite("A run's slot", .timeLimit(.minutes(1)))
struct RunSlotTests {
    private let slots = WorkSlots(1)

    /// Begins something that waits, and returns when it does.
    private func waiting(_ body: @escaping @Sendable () async throws -> Void) async -> Task<Void, any Error> {
        let before = self.slots.waitingCount
        let task = Task { try await body() }
        while self.slots.waitingCount == before, !Task.isCancelled { await Task.yield() }
        return task
    }

    @Test("a run that has a slot has it once, however often it is taken, and gives it back once")
    func idempotent() async throws {
        let (a, b) = (self.slots.open(1, isWhole: false), self.slots.open(2, isWhole: false))
        try await a.take()
        try await a.take()
        #expect(self.slots.heldCount == 1)
        let other = await self.waiting { try await b.take() }
        a.giveBack()
        a.giveBack()
        try await other.value
        #expect(self.slots.heldCount == 1 && self.slots.waitingCount == 0)
        b.close()
        a.close()
        #expect(self.slots.heldCount == 0)
    }

    @Test("a cancelled run leaves the line at once, and frees nothing that it does not hold")
    func cancelled() async throws {
        let (a, b, c) = (
            self.slots.open(1, isWhole: false), self.slots.open(2, isWhole: false), self.slots.open(3, isWhole: false)
        )
        try await a.take()
        let second = await self.waiting { try await b.take() }
        let third = await self.waiting { try await c.take() }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        #expect(self.slots.heldCount == 1 && self.slots.waitingCount == 1)
        b.close()
        #expect(self.slots.heldCount == 1)
        a.giveBack()
        try await third.value
        #expect(self.slots.heldCount == 1)
    }

    @Test(
        "a task that was cancelled before takes a slot that is free, as it would do anything else, and waits for none")
    func cancelledBefore() async throws {
        let (a, b) = (self.slots.open(1, isWhole: false), self.slots.open(2, isWhole: false))
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            try await a.take()
            try await b.take()
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(self.slots.heldCount == 1 && self.slots.waitingCount == 0)
        a.close()
        #expect(self.slots.heldCount == 0)
    }

    @Test("with its end a run's slot is free, its waits are over, and what still works for it gets none")
    func closed() async throws {
        let (a, b) = (self.slots.open(1, isWhole: false), self.slots.open(2, isWhole: false))
        try await a.take()
        let waiter = await self.waiting { try await b.take() }
        b.close()
        await #expect(throws: CancellationError.self) { try await waiter.value }
        a.close()
        #expect(self.slots.heldCount == 0 && self.slots.waitingCount == 0)
        await #expect(throws: CancellationError.self) { try await a.take() }
        #expect(self.slots.heldCount == 0)
    }

    @Test("a fence is passed without a slot, and who gets no grant has no place in the line any more")
    func fencing() async throws {
        struct Refused: Error {}
        let (a, b) = (self.slots.open(1, isWhole: false), self.slots.open(2, isWhole: false))
        try await RunSlot.$current.withValue(a) {
            try await a.take()
            let none: Int? = try await RunSlot.fencing {
                #expect(self.slots.heldCount == 0)
                return nil
            }
            #expect(none == nil)
            await #expect(throws: Refused.self) {
                let _: Int? = try await RunSlot.fencing { throw Refused() }
            }
        }
        #expect(self.slots.lineCount == 0)
        let grant = try await RunSlot.$current.withValue(b) { try await RunSlot.fencing { 1 } }
        #expect(grant == 1 && self.slots.lineCount == 1)
        try await b.take()
        #expect(self.slots.heldCount == 1 && self.slots.lineCount == 0)
    }

    @Test("while nothing is known of calls, nobody enters the fence who has no slot free")
    func door() async throws {
        let (a, b) = (self.slots.open(1, isWhole: false), self.slots.open(2, isWhole: false))
        _ = try await RunSlot.$current.withValue(a) { try await RunSlot.fencing { 1 } }
        let next = await self.waiting {
            _ = try await RunSlot.$current.withValue(b) { try await RunSlot.fencing { 1 } }
        }
        a.giveBack()
        try await next.value
    }

    @Test("a run that holds its slot to its end keeps it through the fence; without a slot nothing waits")
    func whole() async throws {
        let slot = self.slots.open(1, isWhole: true)
        try await RunSlot.$current.withValue(slot) {
            try await slot.take()
            let grant = try await RunSlot.fencing { self.slots.heldCount }
            #expect(grant == 1)
            slot.giveBack()
            #expect(self.slots.heldCount == 1)
        }
        #expect(try await RunSlot.fencing { 2 } == 2)
        slot.close()
        #expect(self.slots.heldCount == 0)
    }

    @Test("who waits for a slot beyond its permit goes on without one")
    func late() async throws {
        let (a, b, c) = (
            self.slots.open(1, isWhole: false), self.slots.open(2, isWhole: false), self.slots.open(3, isWhole: false)
        )
        let end = ContinuousClock.now + .seconds(3_600)
        try await a.take()
        let late = await self.waiting { try await b.take(until: end) }
        let patient = await self.waiting { try await c.take() }
        self.slots.endLate(at: end - .seconds(1))
        #expect(self.slots.waitingCount == 2)
        self.slots.endLate(at: end)
        try await late.value
        #expect(self.slots.heldCount == 1 && self.slots.waitingCount == 1)
        a.giveBack()
        try await patient.value
    }

    @Test("a run that waits for its first slot for too long is told of, one that has had a slot is not")
    func stuck() async throws {
        let (a, b, c) = (
            self.slots.open(1, isWhole: false), self.slots.open(2, isWhole: false), self.slots.open(3, isWhole: false)
        )
        try await a.take()
        a.giveBack()
        try await b.take()
        let again = await self.waiting { try await a.take() }
        let first = await self.waiting { try await c.take() }
        #expect(self.slots.stuck(at: .now) == [])
        #expect(self.slots.stuck(at: .now + WorkSlots.patience) == [3])
        b.close()
        try await again.value
        a.close()
        try await first.value
        #expect(self.slots.stuck(at: .now + WorkSlots.patience) == [])
    }

    @Test("two tasks of a run wait for the same slot, and one that is cancelled does not end the other's wait")
    func tasksOfOneRun() async throws {
        let (a, b) = (self.slots.open(1, isWhole: false), self.slots.open(2, isWhole: false))
        try await a.take()
        let first = await self.waiting { try await b.take() }
        let isReady = Mutex(false)
        let second = Task {
            isReady.withLock { $0 = true }
            try await b.take()
        }
        while !isReady.withLock({ $0 }), !Task.isCancelled { await Task.yield() }
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        a.giveBack()
        try await second.value
        #expect(self.slots.heldCount == 1)
    }

    @Test("many runs at once never hold more than the slots, and all come to an end")
    func crowd() async throws {
        let slots = WorkSlots(3)
        let calling = Crowd()
        try await withThrowingTaskGroup { group in
            for run in Int64(1)...200 {
                group.addTask {
                    let slot = slots.open(run, isWhole: false)
                    defer { slot.close() }
                    try await RunSlot.$current.withValue(slot) {
                        _ = try await RunSlot.fencing {
                            await Task.yield()
                            return run.isMultiple(of: 7) ? nil : run
                        }
                        try await slot.take()
                        calling.enter()
                        await Task.yield()
                        calling.leave()
                        slot.giveBack()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(calling.most <= 3 && slots.heldCount == 0 && slots.waitingCount == 0)
    }
}

extension RunSlot {
    /// Ends the run, as its worker does.
    func close() { self.slots.close(self.run) }
}
