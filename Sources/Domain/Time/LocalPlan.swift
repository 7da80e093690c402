// SPDX-License-Identifier: MIT

package import Foundation

/// What to do with a wall time that the clocks jump over in spring.
package enum GapPolicy: String, Hashable, Sendable, Codable, CaseIterable {
    /// Later by as much as the clocks jump: 02:30 becomes 03:30. The default.
    case shiftForward = "shift_forward"
    /// Not at all on that day.
    case skip
}

/// What to do with a wall time that comes twice in autumn.
package enum OverlapPolicy: String, Hashable, Sendable, Codable, CaseIterable {
    /// The earlier of the two, before the clocks are put back. The default.
    case first
    /// The later of the two.
    case second
    /// Both; for recurring work.
    case both
}

/// What a person planned: a wall time, a zone, and what to do where the two do not name exactly one instant.
///
/// This is what is stored. The instant is derived from it, here and nowhere else, and derived again when the zone data changes.
package struct LocalPlan: Hashable, Sendable, Codable {
    /// What the clock on the wall is to show.
    package var wall: WallTime
    /// Where the wall is.
    package var zone: ZoneID
    /// What to do in a gap.
    package var gap: GapPolicy
    /// What to do in an overlap.
    package var overlap: OverlapPolicy

    /// Makes a plan.
    package init(wall: WallTime, zone: ZoneID, gap: GapPolicy = .shiftForward, overlap: OverlapPolicy = .first) {
        self.wall = wall
        self.zone = zone
        self.gap = gap
        self.overlap = overlap
    }

    /// What a plan came to.
    package struct Resolution: Hashable, Sendable, Codable {
        /// How the wall time fitted the zone on that day.
        package enum Note: String, Hashable, Sendable, Codable {
            /// The wall time names one instant.
            case exact
            /// It lies in a gap and was moved behind it.
            case shifted
            /// It comes twice, and the overlap policy chose.
            case ambiguous
            /// It lies in a gap and the policy is to leave it out: there is no instant.
            case skipped
        }

        /// The instants, in order: one, two for ``OverlapPolicy/both``, none when skipped.
        package var instants: [Date]
        /// How the wall time fitted.
        package var note: Note
        /// The version of the zone data that said so.
        package var zoneDataVersion: String

        /// The first instant; `nil` when skipped.
        package var instant: Date? { self.instants.first }
    }

    /// Derives the instants.
    package func resolve() -> Resolution {
        let (instants, note) = self.zone.table.resolve(self.wall, gap: self.gap, overlap: self.overlap)
        return Resolution(instants: instants, note: note, zoneDataVersion: ZoneID.dataVersion)
    }

    /// A sentence for a person where the wall time was not taken literally; `nil` when it was.
    package var explanation: String? {
        let resolution = self.resolve()
        let missing = "\(self.wall.clock) does not exist on \(self.wall.date) in \(self.zone): clocks jump over it"
        switch resolution.note {
        case .exact: return nil
        case .skipped: return "\(missing); left out"
        case .shifted:
            let moved = resolution.instant.map { self.zone.wallTime(at: $0) } ?? self.wall
            return "\(missing); moved to \(moved.date == self.wall.date ? "" : "\(moved.date) ")\(moved.clock)"
        case .ambiguous:
            let taken = self.overlap == .both ? "both are taken" : "the \(self.overlap.rawValue) is taken"
            return "\(self.wall.clock) comes twice on \(self.wall.date) in \(self.zone): clocks are put back; \(taken)"
        }
    }
}

extension ZoneTable {
    /// The instants at which the wall shows `wall`, and how it fitted.
    func resolve(_ wall: WallTime, gap: GapPolicy, overlap: OverlapPolicy) -> ([Date], LocalPlan.Resolution.Note) {
        let clock = wall.clockSeconds
        // No offset is more than 16 hours from Greenwich, so the wall time can only belong to periods near this one.
        let periods = self.period(at: clock - 16 * 3600)...self.period(at: clock + 16 * 3600)
        let matches = periods.compactMap { index -> Int64? in
            let instant = clock - Int64(self.offsets[index])
            return self.period(at: instant) == index ? instant : nil
        }
        if let first = matches.first, let last = matches.last, matches.count > 1 {
            switch overlap {
            case .first: return ([Self.date(first)], .ambiguous)
            case .second: return ([Self.date(last)], .ambiguous)
            case .both: return (matches.map(Self.date), .ambiguous)
            }
        }
        if let only = matches.first { return ([Self.date(only)], .exact) }
        // In a gap: read with the offset from before it, the time lies as far behind the gap's end as it lay behind its beginning.
        let after = periods.first { index in
            index > 0 && self.starts[index] + Int64(self.offsets[index - 1]) <= clock
                && clock < self.starts[index] + Int64(self.offsets[index])
        }
        guard gap == .shiftForward, let after else { return ([], .skipped) }
        return ([Self.date(clock - Int64(self.offsets[after - 1]))], .shifted)
    }

    private static func date(_ seconds: Int64) -> Date { Date(timeIntervalSince1970: Double(seconds)) }
}
