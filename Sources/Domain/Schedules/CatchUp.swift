// SPDX-License-Identifier: MIT

package import Foundation

/// Which of the slots that passed unnoticed are still run: after an outage, or a pause of their client.
package enum CatchUp: Hashable, Sendable, CustomStringConvertible {
    /// None of them.
    case none
    /// The latest one, unless a newer slot is run anyway.
    case latest
    /// The latest so many.
    case upTo(Int)

    /// Reads `none`, `latest`, or a number from 1 to 100.
    ///
    /// - Returns: `nil` for anything else.
    package init?(_ text: String) {
        switch text {
        case "none": self = .none
        case "latest": self = .latest
        default:
            guard let number = Int(text), (1...100).contains(number) else { return nil }
            self = .upTo(number)
        }
    }

    /// The word or number.
    package var description: String {
        switch self {
        case .none: "none"
        case .latest: "latest"
        case .upTo(let number): String(number)
        }
    }
}

/// What is to be done with a plan's slots at a moment: which are run, which were missed, and which one comes next.
package struct SlotRound: Hashable, Sendable {
    /// Run these, in order.
    package var fire: [RecurrenceSlot] = []
    /// These passed and are not run.
    package var missed: [RecurrenceSlot] = []
    /// Where the next round begins; `nil` when the rule has come to its end.
    package var next: RecurrenceSlot?

    /// The most missed slots that are named; older ones of a longer outage are left out without a word.
    package static let missedLimit = 500

    /// Decides.
    ///
    /// - Parameters:
    ///   - plan: The plan.
    ///   - start: The instant of the first slot that was not decided yet.
    ///   - now: The moment.
    ///   - grace: How long after its instant a slot is still on time.
    ///   - lead: How long before its instant a slot may be run.
    ///   - catchUp: What happens to slots that are late.
    ///   - latestStands: Whether the latest slot that has passed stands for all before it, also for those within the grace: what they do
    ///     looks at the present, and would see the same. Then no two of the past are run, whatever the policy.
    ///   - limit: The most slots that are run on time in one round; the next round goes on from there.
    package init(
        _ plan: RecurrencePlan, from start: Date, now: Date, grace: TimeInterval, lead: TimeInterval, catchUp: CatchUp,
        latestStands: Bool = false, limit: Int = 100
    ) {
        var late: [RecurrenceSlot] = []
        for slot in plan.slots(from: start) {
            guard let instant = slot.instant else { continue }
            guard instant <= now.addingTimeInterval(lead), self.fire.count < limit else {
                self.next = slot
                break
            }
            if instant < now.addingTimeInterval(-grace) {
                late.append(slot)
            } else {
                if latestStands, instant <= now, let earlier = self.fire.popLast() { late.append(earlier) }
                self.fire.append(slot)
            }
            if late.count > Self.missedLimit { late.removeFirst() }
        }
        let isCurrent = self.fire.contains { slot in slot.instant.map { $0 <= now } ?? false }
        let wanted =
            switch catchUp {
            case .none: 0
            case .latest: isCurrent ? 0 : 1
            case .upTo(let number): latestStands ? (isCurrent ? 0 : min(number, 1)) : number
            }
        self.fire.insert(contentsOf: late.suffix(wanted), at: 0)
        self.missed = Array(late.dropLast(min(wanted, late.count)))
    }
}
