// SPDX-License-Identifier: MIT

package import Domain
package import Foundation

/// Chooses times for posts of one account from what each hour of the week is worth.
///
/// It is a pure function: the same scores, wish and present moment give the same times, so that a calendar does not jump.
package struct SlotChooser: Sendable {
    /// A time that may be taken.
    package struct Slot: Sendable, Hashable {
        /// The time on the audience's wall.
        package var wall: WallTime
        /// The instant.
        package var instant: Date
        /// The score of its hour.
        package var score: Double
        /// The hour of the week.
        package var hour: HourOfWeek { HourOfWeek(self.wall) }
    }

    /// What each of the 168 hours is worth, Monday 00:00 first.
    package let scores: [Double]
    /// The audience's zone.
    package let zone: ZoneID
    /// What a person allows.
    package let wish: SlotWish
    /// Decides the minutes.
    package let seed: UInt64

    /// How soon a chosen time is at the earliest: there is time to change one's mind.
    private static let lead: TimeInterval = 600

    /// Makes a chooser.
    package init(scores: [Double], zone: ZoneID, wish: SlotWish, seed: UInt64) {
        self.scores = scores
        self.zone = zone
        self.wish = wish
        self.seed = seed
    }

    /// All times that may be taken, the best first; of equals the earlier.
    ///
    /// - Parameters:
    ///   - now: The present moment.
    ///   - taken: The account's other posts, past and planned.
    /// - Returns: The times.
    package func slots(now: Date, taken: [Date]) -> [Slot] {
        let first = self.zone.wallTime(at: now).startOfDay
        let earliest = now.addingTimeInterval(Self.lead)
        let end = now.addingTimeInterval(Double(self.wish.days) * 86_400)
        return self.all(from: first, days: self.wish.days + 1).filter {
            $0.instant >= earliest && $0.instant < end && self.isFree($0.instant, taken)
        }
    }

    /// All times of some days that the wish allows, the best first; of equals the earlier.
    private func all(from first: WallTime, days: Int) -> [Slot] {
        var slots: [Slot] = []
        for day in 0..<days {
            let date = first.adding(days: day)
            guard self.wish.allows(day: date) else { continue }
            for hour in 0..<24 {
                if let slot = self.slot(date, hour) { slots.append(slot) }
            }
        }
        return slots.sorted { (-$0.score, $0.instant) < (-$1.score, $1.instant) }
    }

    /// A plan of several posts: the best time of each day, then the best of those days; only when the days are used up, a second time
    /// on a day.
    ///
    /// - Parameters:
    ///   - count: How many posts.
    ///   - now: The present moment.
    ///   - taken: The account's other posts, past and planned.
    /// - Returns: The times in their order; fewer where there is no more room.
    package func plan(_ count: Int, now: Date, taken: [Date]) -> [Slot] {
        self.plan(count, of: self.slots(now: now, taken: taken))
    }

    private func plan(_ count: Int, of slots: [Slot]) -> [Slot] {
        var rest = slots
        var chosen: [Slot] = []
        while chosen.count < count, !rest.isEmpty {
            var days: Set<Int> = []
            let round = rest.filter { days.insert($0.wall.dayNumber).inserted }.prefix(count - chosen.count)
            for slot in round where self.isFree(slot.instant, chosen.map(\.instant)) { chosen.append(slot) }
            let instants = chosen.map(\.instant)
            rest = rest.filter { self.isFree($0.instant, instants) }
        }
        return chosen.sorted { $0.instant < $1.instant }
    }

    /// The free queue slots of a week, Monday to Sunday on the wall.
    ///
    /// A week has so many slots, chosen as ``plan(_:now:taken:)`` does from the whole week. One is free while it is to come and no post of the
    /// account is near it. Where scores changed after posts were planned, those posts still count: a week never gets more posts than
    /// it has slots.
    ///
    /// - Parameters:
    ///   - count: How many slots a week has.
    ///   - week: Which week: 0 is the present one.
    ///   - now: The present moment.
    ///   - taken: The account's other posts from the beginning of the present week on, past and planned.
    /// - Returns: The slots in their order.
    package func free(_ count: Int, week: Int, now: Date, taken: [Date]) -> [Slot] {
        let today = self.zone.wallTime(at: now).startOfDay
        let monday = today.adding(days: 7 * week - today.weekday)
        let used = taken.count { (0..<7).contains(self.zone.wallTime(at: $0).dayNumber - monday.dayNumber) }
        let earliest = now.addingTimeInterval(Self.lead)
        return self.plan(count, of: self.all(from: monday, days: 7))
            .filter { $0.instant >= earliest && self.isFree($0.instant, taken) }
            .sorted { (-$0.score, $0.instant) < (-$1.score, $1.instant) }
            .prefix(max(0, count - used))
            .sorted { $0.instant < $1.instant }
    }

    /// A time in an hour of a day; `nil` where the wish or the clocks leave it out.
    private func slot(_ day: WallTime, _ hour: Int) -> Slot? {
        // Everybody posts on the hour.
        let minutes = self.wish.minutes(of: hour).filter { $0 > 0 }
        guard !minutes.isEmpty else { return nil }
        var chance = Chance(seed: self.seed ^ (UInt64(bitPattern: Int64(day.dayNumber)) &* 24 &+ UInt64(hour)))
        let minute = minutes[Int(chance.next() % UInt64(minutes.count))]
        let wall = WallTime(clockSeconds: day.clockSeconds + Int64(hour * 3_600 + minute * 60))
        guard let instant = LocalPlan(wall: wall, zone: self.zone, gap: .skip).resolve().instant else { return nil }
        return Slot(wall: wall, instant: instant, score: self.scores[HourOfWeek(wall).index])
    }

    private func isFree(_ instant: Date, _ taken: [Date]) -> Bool {
        // Two posts never have the same minute, however near they may be.
        let distance = max(60, Double(self.wish.distance.components.seconds))
        return taken.allSatisfy { abs($0.timeIntervalSince(instant)) >= distance }
    }
}
