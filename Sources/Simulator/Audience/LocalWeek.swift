// SPDX-License-Identifier: MIT

import Foundation
import Synchronization

/// Hours of the week in a time zone.
enum LocalWeek {
    private static let zones = Mutex<[String: TimeZone]>([:])

    /// Whether the zone is one that this machine knows.
    static func isKnown(_ identifier: String) -> Bool { self.zone(identifier) != nil }

    private static func zone(_ identifier: String) -> TimeZone? {
        self.zones.withLock { zones in
            if let zone = zones[identifier] { return zone }
            guard let zone = TimeZone(identifier: identifier) else { return nil }
            zones[identifier] = zone
            return zone
        }
    }

    /// How far a zone is ahead of UTC at an instant; 0 for an unknown zone.
    static func secondsFromGMT(at time: WorldTime, in identifier: String) -> Int {
        self.zone(identifier)?.secondsFromGMT(for: Date(timeIntervalSince1970: time.epochSeconds)) ?? 0
    }

    /// The slot 0–167 of an instant, Monday 00:00 local time first; UTC for an unknown zone.
    static func slot(of time: WorldTime, in identifier: String) -> Int {
        let offset = self.secondsFromGMT(at: time, in: identifier)
        let local = Int((time.epochSeconds + Double(offset)).rounded(.down))
        // 1 January 1970 was a Thursday, day 3 of a week that begins on Monday.
        let hours = (local - (((local % 3600) + 3600) % 3600)) / 3600 + 3 * 24
        return ((hours % 168) + 168) % 168
    }
}
