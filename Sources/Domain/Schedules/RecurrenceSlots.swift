// SPDX-License-Identifier: MIT

import Foundation

/// The slots of a plan in the order of their instants.
///
/// Local times come in the order of the wall, which is not that of the instants when clocks are moved: what a gap moves lands behind
/// later ones, and both passes of an overlap interleave. So slots wait until no later local time can come before them.
package struct RecurrenceSlots: Sequence, IteratorProtocol, Sendable {
    private struct Placed: Sendable {
        var slot: RecurrenceSlot
        var position: Date
    }

    private let plan: RecurrencePlan
    private let table: ZoneTable
    private let from: Date
    private let largestOffset: Int64
    private var walls: Recurrence.Walls
    private var upcoming: WallTime?
    private var waiting: [Placed] = []

    init(plan: RecurrencePlan, from: Date) {
        let table = plan.zone.table
        self.plan = plan
        self.table = table
        self.largestOffset = Int64(table.offsets.max() ?? 0)
        let floor = plan.start.clockSeconds - 2 * 86_400
        let instant = from.timeIntervalSince1970 > Double(floor) ? from.wholeSeconds : floor
        self.from = from
        // No local time before this can be an instant at or after the wanted one.
        let wall = WallTime(clockSeconds: instant + Int64(table.offsets.min() ?? 0))
        self.walls = plan.rule.walls(from: wall, start: plan.start)
        self.upcoming = self.walls.next()
    }

    /// The next slot.
    package mutating func next() -> RecurrenceSlot? {
        while true {
            if let first = self.waiting.first {
                let isFirst = self.upcoming.map { wall in
                    first.position.timeIntervalSince1970 < Double(wall.clockSeconds - self.largestOffset)
                }
                if isFirst ?? true {
                    self.waiting.removeFirst()
                    guard first.position >= self.from else { continue }
                    return first.slot
                }
            }
            guard let wall = self.upcoming else { return nil }
            self.upcoming = self.walls.next()
            for placed in self.place(wall) {
                let index = self.waiting.firstIndex { $0.position > placed.position } ?? self.waiting.endIndex
                self.waiting.insert(placed, at: index)
            }
        }
    }

    /// The slots of one local time.
    private func place(_ wall: WallTime) -> [Placed] {
        let (instants, note) = self.table.resolve(wall, gap: .shiftForward, overlap: .both)
        guard let first = instants.first else { return [] }
        func placed(_ fold: Int, _ instant: Date, _ note: RecurrenceSlot.Note, isLeftOut: Bool = false) -> Placed {
            Placed(
                slot: RecurrenceSlot(local: wall, fold: fold, instant: isLeftOut ? nil : instant, note: note),
                position: instant)
        }
        switch note {
        case .exact, .skipped: return [placed(0, first, .exact)]
        case .shifted:
            guard self.plan.gap == .shiftForward else { return [placed(0, first, .skipped, isLeftOut: true)] }
            let landed = self.table.wallTime(at: first)
            guard !self.plan.rule.contains(landed, start: self.plan.start) else {
                return [placed(0, first, .merged, isLeftOut: true)]
            }
            return [placed(0, first, .shifted)]
        case .ambiguous:
            let both = instants.enumerated().map { placed($0, $1, .doubled) }
            switch self.plan.overlap {
            case .first: return [both[0]]
            case .second: return both.suffix(1)
            case .both: return both
            }
        }
    }
}
