// SPDX-License-Identifier: MIT

import CLibPQ
import Glibc
import Synchronization

/// Threads for libpq's calls that block: connecting (name resolution) and asking for a cancel.
///
/// They are never run on the cooperative pool, whose threads must not block.
enum BlockingThread {
    private final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Runs a body on a new detached thread.
    static func start(_ body: @escaping @Sendable () -> Void) {
        let work = unsafe Unmanaged.passRetained(Work(body)).toOpaque()
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        unsafe pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let result = unsafe pthread_create(
            &thread, &attributes,
            { context in
                guard let context = unsafe context else { return nil }
                // Takes over the reference that `start` gave away.
                unsafe Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
                return nil
            }, work)
        unsafe pthread_attr_destroy(&attributes)
        precondition(result == 0, "no thread could be started: error \(result)")
    }

    /// Blocks the calling thread, which must be one of these.
    static func sleep(_ duration: Duration) {
        var rest = timespec(
            tv_sec: Int(duration.components.seconds), tv_nsec: Int(duration.components.attoseconds / 1_000_000_000))
        unsafe nanosleep(&rest, nil)
    }

    /// Runs a body on a new thread and returns what it made, or nil when the task is cancelled first; the thread then
    /// ends by itself and what it made is dropped.
    static func run<T: Sendable>(_ body: @escaping @Sendable () -> T) async -> T? {
        let made = Made<T>()
        let point = WaitPoint()
        self.start {
            let value = body()
            made.value.withLock { $0 = value }
            point.end(.ready([]))
        }
        // The body is bounded by itself; the deadline is only there because every wait has one.
        _ = await SocketReactor.shared.park(point, until: .now + .seconds(86_400))
        return made.value.withLock { $0 }
    }

    private final class Made<T: Sendable>: Sendable {
        let value = Mutex<T?>(nil)
    }
}
