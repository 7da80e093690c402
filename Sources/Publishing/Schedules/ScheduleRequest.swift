// SPDX-License-Identifier: MIT

package import Domain
package import Foundation

/// A schedule as a person describes it.
package struct ScheduleRequest: Sendable {
    /// What its slots do.
    package enum Work: Sendable {
        /// Each makes a post.
        case post(PostDraft)
        /// Each reads metrics.
        case metrics(accounts: [String], days: Int)
    }

    /// The client's slug or identity.
    package var client: String
    /// The name, unique inside the client.
    package var name: String
    /// When.
    package var time: ScheduleTime
    /// What happens to slots that passed unnoticed; of metric sweeps at most the latest is run.
    package var catchUp: CatchUp
    /// How late a slot is still on time.
    package var grace: Duration
    /// How long before its time a slot is decided; the work's usual lead when `nil`.
    package var lead: Duration?
    /// How much later than the slot its work is due at most.
    package var jitter: Duration
    /// What its slots do.
    package var work: Work

    /// Makes a request.
    package init(
        client: String, name: String, time: ScheduleTime, catchUp: CatchUp = .latest, grace: Duration = .seconds(300),
        lead: Duration? = nil, jitter: Duration = .zero, work: Work
    ) {
        self.client = client
        self.name = name
        self.time = time
        self.catchUp = catchUp
        self.grace = grace
        self.lead = lead
        self.jitter = jitter
        self.work = work
    }
}

/// When a schedule's slots are, as a person writes it.
package struct ScheduleTime: Sendable, Hashable {
    /// The rule.
    package var rule: String
    /// The local time it begins at; now when `nil`.
    package var start: String?
    /// The zone; the client's when `nil`.
    package var zone: String?
    /// What to do in a gap; the rule's usual way when `nil`.
    package var gap: GapPolicy?
    /// What to do in an overlap; the rule's usual way when `nil`.
    package var overlap: OverlapPolicy?

    /// Makes a description.
    package init(
        rule: String, start: String? = nil, zone: String? = nil, gap: GapPolicy? = nil, overlap: OverlapPolicy? = nil
    ) {
        self.rule = rule
        self.start = start
        self.zone = zone
        self.gap = gap
        self.overlap = overlap
    }

    /// Reads it.
    ///
    /// - Parameters:
    ///   - clientZone: The zone when none is given.
    ///   - now: The start when none is given.
    /// - Returns: The plan.
    /// - Throws: `ServiceError` with code `invalid` that says what would be right.
    package func plan(clientZone: String, now: Date) throws(ServiceError) -> RecurrencePlan {
        do {
            let zone = try ZoneID(parsing: self.zone ?? clientZone)
            let rule = try Recurrence(parsing: self.rule)
            let present = zone.wallTime(at: now)
            let start =
                try self.start.map { text in try WallTime(parsing: text) }
                ?? WallTime(clockSeconds: present.clockSeconds / 60 * 60)
            let plan = RecurrencePlan(rule: rule, start: start, zone: zone, gap: self.gap, overlap: self.overlap)
            try plan.requireOccurrence()
            return plan
        } catch let error as RecurrenceError {
            throw ServiceError(.invalid, error.message)
        } catch let error as TimeError {
            throw ServiceError(.invalid, error.message)
        } catch {
            throw ServiceError(.invalid, "\(error)")
        }
    }
}
