// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import Persistence

/// When a person wants something to happen.
package enum PostTime: Sendable, Hashable {
    /// Not said.
    case unplanned
    /// Now.
    case now
    /// At an instant.
    case instant(Date)
    /// At a local time; in the client's zone when there is none.
    case local(WallTime, ZoneID?)
    /// At an instant that a schedule gives, with the local time it stands for; taken as it is, also when it is past.
    case slot(Date, PlannedTime?)

    /// Reads what a person typed: `2026-11-01T09:30` is local, `2026-11-01T09:30:00+01:00` an instant, `now` is now.
    ///
    /// - Throws: `TimeError` that says what would be right.
    package init(_ text: String, zone: String?) throws(TimeError) {
        let zone = try zone.map { text throws(TimeError) in try ZoneID(parsing: text) }
        if text.lowercased() == "now" {
            self = .now
            return
        }
        do {
            self = .local(try WallTime(parsing: text), zone)
        } catch {
            // A time with an offset is an instant; when it is neither, the first message is the one that helps.
            guard text.contains("T"), let instant = try? Date(iso8601: text) else { throw error }
            self = .instant(instant)
        }
    }
}

/// What a wish for a time comes to.
struct ResolvedTime: Sendable {
    /// The instant; `nil` when none was wished for.
    var dueAt: Date?
    /// What was planned on the wall's clock.
    var planned: PlannedTime?
    /// A sentence for the person, where the wall time was not taken literally.
    var note: String?

    /// How far back a time may lie and still be taken as "at once": the file took a while to be written.
    static let grace: TimeInterval = 86_400

    /// Derives the instant.
    ///
    /// - Throws: `ServiceError` with code `invalid` for a time long past, or one that the zone skips.
    init(_ time: PostTime, clientZone: String, now: Date) throws(ServiceError) {
        switch time {
        case .unplanned: return
        case .now: self.dueAt = now
        case .instant(let instant): self.dueAt = instant
        case .slot(let instant, let planned):
            self.dueAt = instant
            self.planned = planned
            return
        case .local(let wall, let given):
            guard let zone = given ?? ZoneID(rawValue: clientZone) else {
                throw ServiceError(
                    .invalid, "the client's time zone '\(clientZone)' is not known on this machine: give one with --tz")
            }
            let plan = LocalPlan(wall: wall, zone: zone)
            guard let instant = plan.resolve().instant else {
                throw ServiceError(.invalid, plan.explanation ?? "\(wall) does not exist in \(zone)")
            }
            self.dueAt = instant
            self.planned = PlannedTime(plan)
            self.note = plan.explanation
        }
        if let dueAt = self.dueAt, dueAt < now.addingTimeInterval(-Self.grace) {
            let zone = ZoneID(rawValue: self.planned?.timeZone ?? clientZone) ?? .utc
            throw ServiceError(
                .invalid,
                "\(dueAt.iso8601(in: zone)) is past (it is \(now.iso8601(in: zone))): give a later time, or --now")
        }
    }
}

extension PlannedTime {
    /// What is kept of a plan whose instant is derived now.
    init(_ plan: LocalPlan) {
        self.init(
            localTime: plan.wall.description, timeZone: plan.zone.rawValue, gapPolicy: plan.gap.rawValue,
            overlapPolicy: plan.overlap.rawValue, zoneVersion: ZoneID.dataVersion)
    }
}

extension LocalPlan {
    /// The plan itself where it comes to an instant, else one of the same zone that does, to the second: jitter has moved a slot's post.
    ///
    /// Derived again, the post keeps its place on the wall's clock.
    func standing(at instant: Date) -> LocalPlan {
        guard self.resolve().instant != instant else { return self }
        var plan = self
        plan.wall = self.zone.wallTime(at: instant)
        plan.overlap = .first
        if let first = plan.resolve().instant, instant.timeIntervalSince(first) >= 1 { plan.overlap = .second }
        return plan
    }
}
