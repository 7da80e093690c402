// SPDX-License-Identifier: MIT

import Testing

@testable import PQClient

@Suite
struct PoolStateMachineTests {
    private typealias Machine = PoolStateMachine<String>
    private let now = ContinuousClock.now
    private var later: ContinuousClock.Instant { self.now + .seconds(3_600) }

    private func makeMachine(maximum: Int = 2) -> Machine { Machine(maximum: maximum, idleTimeout: .seconds(60)) }

    @Test("a caller of an empty pool waits for a connection that is opened for it")
    func first() {
        var machine = self.makeMachine()
        #expect(machine.acquire("a") == .wait(opening: 1))
        #expect(machine.opened(1, retiresAt: self.later, now: self.now) == .handOver(1, to: "a"))
        #expect(machine.leave("a") == 1)
        #expect(machine.leasedCount == 1)
    }

    @Test("no more connections are opened than the maximum")
    func maximum() {
        var machine = self.makeMachine()
        #expect(machine.acquire("a") == .wait(opening: 1))
        #expect(machine.acquire("b") == .wait(opening: 2))
        #expect(machine.acquire("c") == .wait(opening: nil))
        #expect(machine.total == 2)
    }

    @Test("waiters are served in the order they came")
    func order() {
        var machine = self.makeMachine(maximum: 1)
        _ = machine.acquire("a")
        _ = machine.acquire("b")
        _ = machine.acquire("c")
        #expect(machine.opened(1, retiresAt: self.later, now: self.now) == .handOver(1, to: "a"))
        #expect(machine.release(1, isReusable: true, now: self.now) == (.handOver(1, to: "b"), nil))
        #expect(machine.release(1, isReusable: true, now: self.now) == (.handOver(1, to: "c"), nil))
        #expect(machine.release(1, isReusable: true, now: self.now) == (.keep, nil))
    }

    @Test("an idle connection is lent at once, the most recently used first")
    func idle() {
        var machine = self.makeMachine()
        _ = machine.acquire("a")
        _ = machine.acquire("b")
        _ = machine.opened(1, retiresAt: self.later, now: self.now)
        _ = machine.opened(2, retiresAt: self.later, now: self.now)
        _ = machine.release(2, isReusable: true, now: self.now)
        _ = machine.release(1, isReusable: true, now: self.now)
        #expect(machine.acquire("c") == .lease(1))
        #expect(machine.acquire("d") == .lease(2))
    }

    @Test("a waiter that leaves is forgotten; one that was served gives its connection back")
    func leaving() {
        var machine = self.makeMachine(maximum: 1)
        _ = machine.acquire("a")
        _ = machine.acquire("b")
        #expect(machine.leave("a") == nil)
        #expect(machine.opened(1, retiresAt: self.later, now: self.now) == .handOver(1, to: "b"))
        #expect(machine.leave("b") == 1)
    }

    @Test("a broken connection is closed, and another opened when somebody waits")
    func broken() {
        var machine = self.makeMachine(maximum: 1)
        _ = machine.acquire("a")
        _ = machine.opened(1, retiresAt: self.later, now: self.now)
        _ = machine.acquire("b")
        #expect(machine.release(1, isReusable: false, now: self.now) == (.close(1), 2))
        #expect(machine.opened(2, retiresAt: self.later, now: self.now) == .handOver(2, to: "b"))
    }

    @Test("a connection past its time is closed when it comes back")
    func retired() {
        var machine = self.makeMachine()
        _ = machine.acquire("a")
        _ = machine.opened(1, retiresAt: self.now, now: self.now)
        #expect(machine.release(1, isReusable: true, now: self.now + .seconds(1)) == (.close(1), nil))
        #expect(machine.total == 0)
    }

    @Test("connections idle too long expire; younger ones stay")
    func expiry() {
        var machine = self.makeMachine()
        _ = machine.acquire("a")
        _ = machine.acquire("b")
        _ = machine.opened(1, retiresAt: self.later, now: self.now)
        _ = machine.opened(2, retiresAt: self.later, now: self.now)
        _ = machine.release(1, isReusable: true, now: self.now)
        _ = machine.release(2, isReusable: true, now: self.now + .seconds(50))
        #expect(machine.takeExpired(now: self.now + .seconds(60)) == [1])
        #expect(machine.idleCount == 1)
    }

    @Test("before the first success a failure reaches all who wait, at once")
    func firstFailure() {
        var machine = self.makeMachine(maximum: 1)
        _ = machine.acquire("a")
        _ = machine.acquire("b")
        #expect(machine.openFailed(1, PQError(.connectFailed, "no")) == .giveUp(failing: ["a", "b"]))
        #expect(machine.total == 0)
        #expect(machine.lastFailure?.message == "no")
    }

    @Test("after a success, attempts go on with growing pauses while somebody waits")
    func laterFailures() {
        var machine = self.makeMachine(maximum: 1)
        _ = machine.acquire("a")
        _ = machine.opened(1, retiresAt: self.later, now: self.now)
        _ = machine.release(1, isReusable: false, now: self.now)
        _ = machine.acquire("b")
        let failure = PQError(.connectFailed, "restarting")
        #expect(machine.openFailed(2, failure) == .again(after: .milliseconds(100)))
        #expect(machine.openFailed(2, failure) == .again(after: .milliseconds(200)))
        for _ in 0..<10 { _ = machine.openFailed(2, failure) }
        #expect(machine.openFailed(2, failure) == .again(after: .seconds(1)))
        #expect(machine.leave("b") == nil)
        #expect(machine.openFailed(2, failure) == .giveUp(failing: []))
        #expect(machine.total == 0)
    }

    @Test("a pooler where none was expected is told at once, even after a success")
    func poolerInTheWay() {
        var machine = self.makeMachine(maximum: 1)
        _ = machine.acquire("a")
        _ = machine.opened(1, retiresAt: self.later, now: self.now)
        _ = machine.release(1, isReusable: false, now: self.now)
        _ = machine.acquire("b")
        #expect(machine.openFailed(2, PQError(.pooler, "there")) == .giveUp(failing: ["b"]))
    }

    @Test("a server without a free session is tried again even at the start")
    func tooMany() {
        var machine = self.makeMachine()
        _ = machine.acquire("a")
        let failure = PQError(.connectFailed, "full", sqlState: .tooManyConnections)
        #expect(machine.openFailed(1, failure) == .again(after: .milliseconds(100)))
    }

    @Test("a closed pool turns callers away and is drained with the last lease")
    func closing() {
        var machine = self.makeMachine()
        _ = machine.acquire("a")
        _ = machine.acquire("b")
        _ = machine.opened(1, retiresAt: self.later, now: self.now)
        let (closing, failing) = machine.close()
        #expect(closing.isEmpty)
        #expect(failing == ["b"])
        #expect(machine.acquire("c") == .closed)
        #expect(machine.opened(2, retiresAt: self.later, now: self.now) == .close(2))
        #expect(!machine.isDrained)
        #expect(machine.release(1, isReusable: true, now: self.now) == (.close(1), nil))
        #expect(machine.isDrained)
    }
}
