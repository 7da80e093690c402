// SPDX-License-Identifier: MIT

import Glibc
import Synchronization

/// A named step of a job's life at which a chaos test kills the process.
package struct CrashPoint: Hashable, Sendable, RawRepresentable, CustomStringConvertible {
    /// The name.
    package var rawValue: String
    /// Wraps a name.
    package init(rawValue: String) { self.rawValue = rawValue }
    /// The name.
    package var description: String { self.rawValue }

    /// Leases are committed, nothing has started.
    package static let afterClaim = CrashPoint(rawValue: "after-claim")
    /// The handler is about to start.
    package static let beforeRun = CrashPoint(rawValue: "before-run")
    /// What a step has made is known, nothing about it is written.
    package static let beforeCheckpoint = CrashPoint(rawValue: "before-checkpoint")
    /// A checkpoint is saved.
    package static let afterCheckpoint = CrashPoint(rawValue: "after-checkpoint")
    /// About to pass the fence.
    package static let beforeFence = CrashPoint(rawValue: "before-fence")
    /// The fence is committed, nothing was sent.
    package static let afterFence = CrashPoint(rawValue: "after-fence")
    /// The other side answered, nothing about it is written.
    package static let afterSend = CrashPoint(rawValue: "after-send")
    /// The effect is confirmed, the job has not ended.
    package static let afterConfirm = CrashPoint(rawValue: "after-confirm")
    /// The other side was looked at and does not have it, nothing about it is written.
    package static let afterLook = CrashPoint(rawValue: "after-look")
    /// A look that did not find it is written, the job has not ended.
    package static let afterAbsentRead = CrashPoint(rawValue: "after-absent-read")
    /// The handler is done, its result is not written.
    package static let beforeFinish = CrashPoint(rawValue: "before-finish")
    /// The result is committed.
    package static let afterFinish = CrashPoint(rawValue: "after-finish")
    /// Due work was moved to ready.
    package static let afterPromote = CrashPoint(rawValue: "after-promote")
    /// A dead worker's jobs were taken back.
    package static let afterRescue = CrashPoint(rawValue: "after-rescue")
    /// Slots and their jobs are written, nothing of it is committed.
    package static let insideFire = CrashPoint(rawValue: "inside-fire")
    /// Slots and their jobs are committed.
    package static let afterFire = CrashPoint(rawValue: "after-fire")

    /// Every point.
    package static let all: [CrashPoint] = [
        .afterClaim, .beforeRun, .beforeCheckpoint, .afterCheckpoint, .beforeFence, .afterFence, .afterSend,
        .afterConfirm, .afterLook, .afterAbsentRead, .beforeFinish, .afterFinish, .afterPromote, .afterRescue,
        .insideFire, .afterFire,
    ]
}

/// Where the process is to die, if anywhere: as if the power failed, without a chance to clean up.
package final class CrashPlan: Sendable {
    /// Nowhere.
    package static let none = CrashPlan(at: nil, visit: 1)

    private let point: CrashPoint?
    private let visit: Int
    private let visits = Mutex(0)

    /// Plans the end of the process at the n-th visit of a point.
    package init(at point: CrashPoint?, visit: Int = 1) {
        self.point = point
        self.visit = visit
    }

    /// Reads `name` or `name:n`.
    ///
    /// - Returns: nil when there is no such point.
    package convenience init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        guard let name = parts.first, let point = CrashPoint.all.first(where: { $0.rawValue == name }) else {
            return nil
        }
        guard parts.count > 1 else {
            self.init(at: point)
            return
        }
        guard let visit = Int(parts[1]), visit > 0 else { return nil }
        self.init(at: point, visit: visit)
    }

    /// Says that a step is reached; kills the process when the plan says so.
    package func reached(_ point: CrashPoint) {
        guard point == self.point else { return }
        let isTime = self.visits.withLock { visits in
            visits += 1
            return visits == self.visit
        }
        guard isTime else { return }
        // Straight to the log: nothing that collects lines lives to write them.
        let words = Self.mark + "\(point):\(self.visit)\n"
        _ = words.withCString { write(STDERR_FILENO, $0, strlen($0)) }
        kill(getpid(), SIGKILL)
    }

    /// What the log's line of a planned death begins with; the step follows.
    package static let mark = "killed as planned at "
}
