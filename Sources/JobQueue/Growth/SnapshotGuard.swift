// SPDX-License-Identifier: MIT

package import Foundation

/// How long a snapshot may be held before something is done, in real time.
package struct SnapshotThresholds: Sendable, Hashable {
    /// From here on somebody should look.
    package var warn: Duration
    /// From here on work that can wait is slowed, so that the queue's tables grow less.
    package var slow: Duration

    /// Makes thresholds.
    package init(warn: Duration = .seconds(60), slow: Duration = .seconds(120)) {
        self.warn = warn
        self.slow = slow
    }
}

/// How bad it is.
package enum SnapshotLevel: Int, Sendable, Hashable, Comparable, CaseIterable {
    /// Nothing is held for long.
    case clear
    /// Somebody should look.
    case warned
    /// Work that can wait is slowed.
    case slowed

    /// The worse is the greater.
    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// What somebody should know about a snapshot that is held.
package struct SnapshotAlarm: Sendable, Hashable {
    /// How bad it is now.
    package var level: SnapshotLevel
    /// Who holds it; who held it when it is over.
    package var holder: SnapshotHolder
    /// For how long.
    package var held: Duration
}

/// Decides what a held snapshot means, from one look after another.
///
/// A holder counts from its second look with the same snapshot on: many short transactions of one process are no long one.
package struct SnapshotGuard: Sendable {
    /// The thresholds.
    package var thresholds: SnapshotThresholds
    /// How bad it is.
    package private(set) var level = SnapshotLevel.clear
    /// How long the oldest snapshot has been held, as far as two looks saw it; zero when it was not there twice.
    package private(set) var held = Duration.zero
    private var seen: (holder: SnapshotHolder, at: ContinuousClock.Instant)?
    private var told: SnapshotHolder?

    /// Makes a guard that has seen nothing.
    package init(_ thresholds: SnapshotThresholds = SnapshotThresholds()) { self.thresholds = thresholds }

    /// Takes a look.
    ///
    /// - Parameters:
    ///   - holder: Who holds the oldest snapshot.
    ///   - databaseTime: The database's time of the look.
    ///   - now: The same moment on this machine.
    /// - Returns: What is new: another level, or another holder at a level that is not clear.
    package mutating func look(
        _ holder: SnapshotHolder?, databaseTime: Date, now: ContinuousClock.Instant
    ) -> SnapshotAlarm? {
        var held = Duration.zero
        if let holder {
            if let seen, seen.holder.isSame(as: holder) {
                held = seen.at.duration(to: now)
                if let since = holder.since { held = max(held, .seconds(databaseTime.timeIntervalSince(since))) }
            } else {
                self.seen = (holder, now)
            }
        } else {
            self.seen = nil
        }
        self.held = held
        let isSecondLook = held > .zero
        let level: SnapshotLevel =
            if isSecondLook, held >= self.thresholds.slow {
                .slowed
            } else if isSecondLook, held >= self.thresholds.warn {
                .warned
            } else {
                .clear
            }
        defer { self.level = level }
        guard let subject = level == .clear ? self.told : holder else { return nil }
        let isNew = level != self.level || !(self.told?.isSame(as: subject) ?? false)
        self.told = level == .clear ? nil : subject
        return isNew ? SnapshotAlarm(level: level, holder: subject, held: held) : nil
    }

    /// How many slots of a queue that can wait stay free for claims at a level: a quarter, at least one, while it is slowed.
    package static func withheld(of slots: Int, at level: SnapshotLevel) -> Int {
        level == .slowed ? slots - max(1, slots / 4) : 0
    }
}
