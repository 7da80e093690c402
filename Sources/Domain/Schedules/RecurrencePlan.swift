// SPDX-License-Identifier: MIT

package import Foundation

/// A rule with its start, its zone, and what to do when the clocks are moved: from it come the slots.
///
/// The rule is evaluated on the wall's clock, so that 09:00 stays 09:00 in summer; each local time is then mapped to an instant as
/// ``LocalPlan`` does.
package struct RecurrencePlan: Hashable, Sendable {
    /// The rule.
    package var rule: Recurrence
    /// Where it begins.
    package var start: WallTime
    /// Where the wall is.
    package var zone: ZoneID
    /// What to do in a gap.
    package var gap: GapPolicy
    /// What to do in an overlap.
    package var overlap: OverlapPolicy

    /// Makes a plan; policies that are not given are the rule's usual ones.
    package init(
        rule: Recurrence, start: WallTime, zone: ZoneID, gap: GapPolicy? = nil, overlap: OverlapPolicy? = nil
    ) {
        self.rule = rule
        self.start = start
        self.zone = zone
        self.gap = gap ?? rule.usualGap
        self.overlap = overlap ?? rule.usualOverlap
    }

    /// The slots at or after an instant in the order of their instants, those left out included, lazily.
    package func slots(from instant: Date) -> RecurrenceSlots { RecurrenceSlots(plan: self, from: instant) }

    /// The first slot at or after an instant that has an instant.
    package func next(from instant: Date) -> RecurrenceSlot? {
        for slot in self.slots(from: instant) where slot.instant != nil { return slot }
        return nil
    }

    /// Refuses a rule that no time fits.
    ///
    /// - Throws: ``RecurrenceError`` with code `neverOccurs`.
    package func requireOccurrence() throws(RecurrenceError) {
        guard self.next(from: .distantPast) == nil else { return }
        throw RecurrenceError(
            .neverOccurs, "no time from \(self.start) on fits the rule \(self.rule): it would never come")
    }
}

/// One occurrence of a plan, known by what the wall shows and by which pass of it.
package struct RecurrenceSlot: Hashable, Sendable {
    /// How the local time fitted the zone on that day.
    package enum Note: String, Hashable, Sendable, CaseIterable {
        /// The local time names one instant.
        case exact
        /// It lies in a gap and was moved behind it.
        case shifted
        /// It comes twice; this is the pass that ``RecurrenceSlot/fold`` says.
        case doubled
        /// It lies in a gap and is left out.
        case skipped
        /// It lies in a gap, and moved it would fall on another slot: only that one comes.
        case merged
    }

    /// What the wall shows.
    package var local: WallTime
    /// 0 for the first time the wall shows it, 1 for the second.
    package var fold: Int
    /// When it is; `nil` when it is left out.
    package var instant: Date?
    /// How the local time fitted.
    package var note: Note

    /// Makes a slot from storage.
    package init(local: WallTime, fold: Int, instant: Date?, note: Note = .exact) {
        self.local = local
        self.fold = fold
        self.instant = instant
        self.note = note
    }

    /// Its name among the slots of its schedule, never given twice: `2026-10-25T02:30:00`, with `#1` for the second pass.
    package var key: String { self.fold == 0 ? self.local.description : "\(self.local)#\(self.fold)" }
}
