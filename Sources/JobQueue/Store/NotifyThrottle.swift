// SPDX-License-Identifier: MIT

import Synchronization

/// Lets one notification per queue and 5 ms through: PostgreSQL serializes commits that notify.
///
/// What it holds back is found by polling; a woken worker looks once more after the same pause.
final class NotifyThrottle: Sendable {
    /// The least distance of two notifications of one queue.
    static let pause = Duration.milliseconds(5)

    private let last = Mutex<[QueueName: ContinuousClock.Instant]>([:])

    /// The queues among these that may be notified now.
    func admit(_ queues: Set<QueueName>, at now: ContinuousClock.Instant = .now) -> [QueueName] {
        self.last.withLock { last in
            queues.filter { queue in
                if let before = last[queue], before.duration(to: now) < Self.pause { return false }
                last[queue] = now
                return true
            }
        }
    }
}
