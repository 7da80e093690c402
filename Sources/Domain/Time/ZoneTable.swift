// SPDX-License-Identifier: MIT

package import Foundation
import Synchronization

/// When a zone's clocks stand at which offset, from 1970 to 2100, as arrays: a conversion is one binary search.
///
/// Foundation answers the same questions, but through ICU and a lock for each call. In a loop keep the table; ``ZoneID/table`` looks it up.
/// Before 1970 the first offset holds, after 2100 the last.
package struct ZoneTable: Sendable {
    /// The zone.
    package let zone: ZoneID
    /// Unix seconds at which each period begins; the first is the beginning of time.
    let starts: [Int64]
    /// Seconds east of Greenwich in each period.
    let offsets: [Int]

    /// Reads the zone's transitions from Foundation.
    init(zone: ZoneID) {
        self.zone = zone
        var starts = [Int64.min]
        var offsets = [0]
        if let source = TimeZone(identifier: zone.rawValue) {
            var instant = Date(timeIntervalSince1970: 0)
            offsets = [source.secondsFromGMT(for: instant)]
            let end = Date(timeIntervalSince1970: 4_102_444_800)  // 2100-01-01
            while let next = source.nextDaylightSavingTimeTransition(after: instant), next > instant, next < end {
                let offset = source.secondsFromGMT(for: next)
                if offset != offsets[offsets.count - 1] {
                    starts.append(Int64(next.timeIntervalSince1970))
                    offsets.append(offset)
                }
                instant = next
            }
        }
        self.starts = starts
        self.offsets = offsets
    }

    /// Seconds east of Greenwich at an instant.
    package func offset(at instant: Date) -> Int { self.offsets[self.period(at: instant.wholeSeconds)] }

    /// What the clock on the wall shows at an instant, as ``WallTime/clockSeconds``.
    package func clockSeconds(at instant: Date) -> Int64 {
        let seconds = instant.wholeSeconds
        return seconds + Int64(self.offsets[self.period(at: seconds)])
    }

    /// What the clock on the wall shows at an instant, fractions of a second dropped.
    package func wallTime(at instant: Date) -> WallTime {
        WallTime(clockSeconds: self.clockSeconds(at: instant))
    }

    /// The hour of the week on the wall at an instant.
    package func hourOfWeek(at instant: Date) -> HourOfWeek {
        HourOfWeek(clockSeconds: self.clockSeconds(at: instant))
    }

    /// One moment at which the clocks are moved.
    package struct Transition: Hashable, Sendable {
        /// The first instant with the new offset.
        package var instant: Date
        /// Seconds east of Greenwich before.
        package var before: Int
        /// Seconds east of Greenwich from then on.
        package var after: Int

        /// The wall time at which the clocks are moved: the beginning of a gap, the end of an overlap.
        package var wallBefore: WallTime { WallTime(clockSeconds: self.instant.wholeSeconds + Int64(self.before)) }
        /// The wall time they are moved to: the end of a gap, the beginning of an overlap.
        package var wallAfter: WallTime { WallTime(clockSeconds: self.instant.wholeSeconds + Int64(self.after)) }
    }

    /// The moments from `start` up to, not including, `end` at which the clocks are moved.
    package func transitions(from start: Date, to end: Date) -> [Transition] {
        self.starts.indices.dropFirst().compactMap { index in
            let instant = Date(timeIntervalSince1970: Double(self.starts[index]))
            guard start <= instant, instant < end else { return nil }
            return Transition(instant: instant, before: self.offsets[index - 1], after: self.offsets[index])
        }
    }

    /// The last period that has begun at `seconds`.
    func period(at seconds: Int64) -> Int {
        var low = 0
        var high = self.starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if self.starts[middle] <= seconds { low = middle } else { high = middle }
        }
        return low
    }

    private static let cache = Mutex<[ZoneID: ZoneTable]>([:])

    /// The table of a zone, made at the first use and kept.
    static func cached(_ zone: ZoneID) -> ZoneTable {
        if let table = Self.cache.withLock({ $0[zone] }) { return table }
        let made = ZoneTable(zone: zone)
        return Self.cache.withLock { tables in
            if let table = tables[zone] { return table }
            tables[zone] = made
            return made
        }
    }
}

extension ZoneID {
    /// The zone's transitions, made at the first use and kept for the life of the process.
    package var table: ZoneTable { ZoneTable.cached(self) }

    /// What the clock on the wall shows at an instant.
    package func wallTime(at instant: Date) -> WallTime { self.table.wallTime(at: instant) }
}

extension Date {
    /// Unix seconds, rounded down.
    var wholeSeconds: Int64 { Int64(self.timeIntervalSince1970.rounded(.down)) }
}
