// SPDX-License-Identifier: MIT

import CLibPQ
import Glibc
import Synchronization

/// One thread that waits for all sockets of the module with epoll, and for deadlines.
///
/// A connection has at most one waiter at a time, so every wait is armed one-shot and level-triggered: libpq decides
/// how much to read, and what it leaves wakes the next wait. A wait may end without cause; who waits looks again.
final class SocketReactor: Sendable {
    /// What a waiter waits for, or what it was woken by.
    struct Interest: OptionSet, Sendable {
        let rawValue: UInt8
        static let readable = Interest(rawValue: 1)
        static let writable = Interest(rawValue: 2)
    }

    /// A socket the reactor knows, until ``forget(_:)``.
    struct Registration: Sendable {
        fileprivate let id: UInt64
        let descriptor: CInt
        fileprivate let point: WaitPoint
    }

    private struct State {
        var lastID: UInt64 = 0
        var points: [UInt64: WaitPoint] = [:]
    }

    private let epoll: CInt
    private let wakeUp: CInt
    private let start = ContinuousClock.now
    private let state = Mutex(State())
    /// When the thread looks at deadlines again; never later than the earliest, perhaps earlier.
    private let nextLook = Atomic<Int64>(.max)

    /// The reactor of the process; its thread starts with the first use and never ends.
    static let shared = SocketReactor()

    private init() {
        self.epoll = epoll_create1(CInt(EPOLL_CLOEXEC))
        self.wakeUp = eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK))
        precondition(self.epoll >= 0 && self.wakeUp >= 0, "no descriptor left for the reactor")
        var event = unsafe epoll_event(events: EPOLLIN.rawValue, data: epoll_data(u64: 0))
        _ = unsafe epoll_ctl(self.epoll, EPOLL_CTL_ADD, self.wakeUp, &event)
        BlockingThread.start { self.loop() }
    }

    // MARK: Sockets

    /// Starts to know a socket; nothing is watched yet.
    func register(_ descriptor: CInt) -> Registration {
        let point = WaitPoint()
        let id = self.add(point)
        var event = unsafe epoll_event(events: EPOLLONESHOT.rawValue, data: epoll_data(u64: id))
        _ = unsafe epoll_ctl(self.epoll, EPOLL_CTL_ADD, descriptor, &event)
        return Registration(id: id, descriptor: descriptor, point: point)
    }

    /// Ends a registration; to be called before the descriptor is closed.
    func forget(_ registration: Registration) {
        self.remove(registration.id)
        // A descriptor that libpq has closed already is not known to epoll any more; the error says only that.
        _ = epoll_ctl(self.epoll, EPOLL_CTL_DEL, registration.descriptor, nil)
    }

    /// Waits until the socket is ready, the deadline passes or the task is cancelled.
    ///
    /// Work that must be brought to its end, such as a commit, waits with `isCancellable` false.
    func wait(
        _ registration: Registration, for interest: Interest, until deadline: ContinuousClock.Instant,
        isCancellable: Bool
    ) async -> WaitPoint.Wake {
        registration.point.reset()
        guard isCancellable else { return await self.suspend(registration, interest, deadline) }
        return await withTaskCancellationHandler {
            await self.suspend(registration, interest, deadline)
        } onCancel: {
            registration.point.end(.cancelled)
        }
    }

    private func suspend(
        _ registration: Registration, _ interest: Interest, _ deadline: ContinuousClock.Instant
    ) async -> WaitPoint.Wake {
        await withCheckedContinuation { continuation in
            let nanoseconds = self.nanoseconds(deadline)
            guard registration.point.rest(continuation, until: nanoseconds) else { return }
            self.lookNoLater(than: nanoseconds)
            self.arm(registration, interest)
        }
    }

    private func arm(_ registration: Registration, _ interest: Interest) {
        var events = EPOLLONESHOT.rawValue
        if interest.contains(.readable) { events |= EPOLLIN.rawValue | EPOLLRDHUP.rawValue }
        if interest.contains(.writable) { events |= EPOLLOUT.rawValue }
        var event = unsafe epoll_event(events: events, data: epoll_data(u64: registration.id))
        let result = unsafe epoll_ctl(self.epoll, EPOLL_CTL_MOD, registration.descriptor, &event)
        // A socket that is gone is as good as readable: reading it tells what happened.
        if result != 0 { registration.point.fire(.readable) }
    }

    // MARK: Waits without a socket

    /// Waits until ``WaitPoint/end(_:)``, the deadline or, unless switched off, the task's cancellation.
    func park(
        _ point: WaitPoint, until deadline: ContinuousClock.Instant, isCancellable: Bool = true
    ) async -> WaitPoint.Wake {
        let id = self.add(point)
        defer { self.remove(id) }
        guard isCancellable else { return await self.suspend(point, deadline) }
        return await withTaskCancellationHandler {
            await self.suspend(point, deadline)
        } onCancel: {
            point.end(.cancelled)
        }
    }

    private func suspend(_ point: WaitPoint, _ deadline: ContinuousClock.Instant) async -> WaitPoint.Wake {
        await withCheckedContinuation { continuation in
            let nanoseconds = self.nanoseconds(deadline)
            if point.rest(continuation, until: nanoseconds) { self.lookNoLater(than: nanoseconds) }
        }
    }

    // MARK: The thread

    private func add(_ point: WaitPoint) -> UInt64 {
        self.state.withLock { state in
            state.lastID += 1
            state.points[state.lastID] = point
            return state.lastID
        }
    }

    private func remove(_ id: UInt64) {
        // Its last reference may end here, outside the lock.
        _ = self.state.withLock { $0.points.removeValue(forKey: id) }
    }

    private func nanoseconds(_ instant: ContinuousClock.Instant) -> Int64 {
        let (seconds, attoseconds) = (instant - self.start).components
        let (product, isTooLarge) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return isTooLarge ? .max - 1 : product &+ attoseconds / 1_000_000_000
    }

    /// Wakes the thread when it would sleep past the deadline.
    private func lookNoLater(than deadline: Int64) {
        guard deadline < self.nextLook.load(ordering: .sequentiallyConsistent) else { return }
        self.nextLook.min(deadline, ordering: .sequentiallyConsistent)
        var one: UInt64 = 1
        _ = unsafe write(self.wakeUp, &one, MemoryLayout<UInt64>.size)
    }

    private func loop() {
        unsafe withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 64) { events in
            while true {
                let count = unsafe epoll_wait(
                    self.epoll, events.baseAddress, CInt(events.count), self.sleepMilliseconds())
                for index in 0..<Int(max(0, count)) {
                    let (bits, id) = unsafe (events[index].events, events[index].data.u64)
                    guard id != 0 else {
                        var drained: UInt64 = 0
                        _ = unsafe read(self.wakeUp, &drained, MemoryLayout<UInt64>.size)
                        continue
                    }
                    var interest: Interest = []
                    if bits & ~EPOLLOUT.rawValue != 0 { interest.insert(.readable) }
                    if bits & EPOLLOUT.rawValue != 0 { interest.insert(.writable) }
                    self.state.withLock { $0.points[id] }?.fire(interest)
                }
                self.expire()
            }
        }
    }

    /// Milliseconds until the next look, rounded up; -1 for no deadline.
    private func sleepMilliseconds() -> CInt {
        let nextLook = self.nextLook.load(ordering: .sequentiallyConsistent)
        guard nextLook != .max else { return -1 }
        let rest = nextLook - self.nanoseconds(.now)
        return rest <= 0 ? 0 : CInt(clamping: min(rest / 1_000_000 + 1, 3_600_000))
    }

    private func expire() {
        let now = self.nanoseconds(.now)
        guard self.nextLook.load(ordering: .sequentiallyConsistent) <= now else { return }
        // First "never", then the look: a wait that begins meanwhile is either seen here or lowers it itself.
        self.nextLook.store(.max, ordering: .sequentiallyConsistent)
        var earliest = Int64.max
        for point in self.state.withLock({ Array($0.points.values) }) {
            if point.deadline <= now { point.expire(now: now) }
            earliest = min(earliest, point.deadline)
        }
        self.nextLook.min(earliest, ordering: .sequentiallyConsistent)
    }
}
