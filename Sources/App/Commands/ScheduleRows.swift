// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import Persistence
import Publishing

/// How schedules are shown.
enum ScheduleRows {
    static let columns = [
        Column("name", "NAME", "its name"), Column("client", "CLIENT", "the client's slug"),
        Column("work", "WORK", "what each slot does: post, metrics, or a kind of job"),
        Column("rule", "RULE", "when it comes again", isFlexible: true), Column("time_zone", "ZONE", "the rule's zone"),
        Column("state", "STATE", "active, paused or ended"),
        Column("next_at", "NEXT", "the first slot that is not decided yet, in the zone"),
        Column("starts_at", nil, "the local time it begins at"),
        Column("gap", nil, "what happens to a time that clocks jump over: shift-forward or skip"),
        Column("overlap", nil, "which of the two when a time comes twice: first, second or both"),
        Column("catch_up", nil, "which missed slots are still run: none, latest or, of posts, a number"),
        Column("grace", nil, "how late a slot is still on time, in seconds"),
        Column("lead", nil, "how long before its time a slot is decided, in seconds"),
        Column("jitter", nil, "how much later than the slot its work is due at most, in seconds"),
        Column("reason", "WHY", "why it is paused", isFlexible: true),
        Column("created_by", nil, "who added it"), Column("created_at", nil, "when it was added"),
        Column("id", nil, "its id"),
    ]

    static let slotColumns = [
        Column("local_time", "WALL TIME", "what the wall shows"), Column("at", "AT", "the slot's instant, in the zone"),
        Column("due_at", "DUE", "when its work is due"), Column("outcome", "OUTCOME", "fired, missed or open"),
        Column("cause", "BY", "schedule, trigger or backfill"), Column("job", "JOB", "the job it made"),
    ]

    static func record(_ entry: ScheduleEntry) -> Record {
        let schedule = entry.schedule
        let (plan, zone) = (schedule.plan, schedule.plan.zone.rawValue)
        return Record([
            "name": .text(schedule.name), "client": .text(entry.client.slug.rawValue),
            "work": .text(Self.work(schedule)),
            "rule": .text(plan.rule.description), "time_zone": .text(zone), "state": .state(schedule.state.rawValue),
            "next_at": .time(schedule.next?.instant, in: zone), "starts_at": .text(plan.start.description),
            "gap": .text(Self.word(plan.gap)), "overlap": .text(plan.overlap.rawValue),
            "catch_up": .text(schedule.catchUp.description), "grace": .duration(schedule.grace),
            "lead": .duration(schedule.lead), "jitter": .duration(schedule.jitter),
            "reason": .optional(schedule.stateReason), "created_by": .text(schedule.createdBy),
            "created_at": .time(schedule.createdAt, in: zone), "id": .text("\(schedule.id)"),
        ])
    }

    static func detail(_ entry: ScheduleEntry, slots: [DecidedSlot]) throws -> Record {
        var record = Self.record(entry)
        switch try entry.work() {
        case .post(let template):
            record.fields += [
                Record.Entry(key: "accounts", value: .list(template.accounts.map { .text($0) })),
                Record.Entry(key: "text", value: .text(template.text)),
            ]
        case .metrics(let sweep):
            record.fields += [
                Record.Entry(key: "accounts", value: .list(sweep.accounts.map { .text("\($0)") })),
                Record.Entry(key: "days", value: .count(sweep.days)),
            ]
        case .job: break
        }
        let zone = entry.schedule.plan.zone.rawValue
        record.fields.append(
            Record.Entry(key: "slots", value: .list(slots.map { .record(Self.record($0, zone: zone)) })))
        return record
    }

    static func record(_ slot: DecidedSlot, zone: String) -> Record {
        let outcome = slot.isFired ? "fired" : slot.cause == .schedule ? "missed" : "open"
        return Record([
            "local_time": .text(slot.local.description + (slot.fold == 0 ? "" : " (second pass)")),
            "at": .time(slot.at, in: zone), "due_at": .time(slot.dueAt, in: zone), "outcome": .state(outcome),
            "cause": .text(slot.cause.rawValue), "job": .optional(slot.job?.description),
        ])
    }

    private static func work(_ schedule: Schedule) -> String {
        switch schedule.work.kind {
        case .makePost: "post"
        case .sweepMetrics: "metrics"
        default: schedule.work.kind.rawValue
        }
    }

    /// The policy as people write it.
    static func word(_ gap: GapPolicy) -> String { gap == .shiftForward ? "shift-forward" : "skip" }

    /// The zone's offset at an instant, as `+02:00`.
    static func offset(at instant: Date, in zone: ZoneID) -> String {
        let text = instant.iso8601(in: zone)
        return text.hasSuffix("Z") ? "+00:00" : String(text.suffix(6))
    }

    static func change(
        _ which: ScheduleChoice, _ context: CommandContext, _ change: ChangeOptions, _ verb: String,
        _ body: (ScheduleService) async throws -> ScheduleEntry
    ) async throws {
        try await context.withServices { services in
            guard !change.isDryRun else {
                let entry = try await services.schedules.show(which.schedule, client: which.client).entry
                return context.output.note(
                    "would \(verb) schedule \(entry.schedule.name), which is \(entry.schedule.state.rawValue)")
            }
            let entry = try await body(services.schedules)
            context.output.success("schedule \(entry.schedule.name) is \(entry.schedule.state.rawValue)")
            context.output.show(Self.record(entry))
        }
    }
}

extension CommandError {
    /// Reads a local time of an option.
    static func wall(_ text: String) throws -> WallTime {
        do {
            return try WallTime(parsing: text)
        } catch {
            throw CommandError(.badData, error.message, remedy: "write it as 2026-11-01T09:30")
        }
    }
}
