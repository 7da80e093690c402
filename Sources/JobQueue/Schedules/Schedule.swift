// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
import PQClient

/// Whether a schedule makes jobs.
package enum ScheduleState: String, Sendable, Hashable, CaseIterable, PQConvertible {
    /// It makes a job for each slot.
    case active
    /// It makes none until it is resumed.
    case paused
    /// Its rule has come to its end.
    case ended
}

/// Recurring work: when, and which job each slot makes.
package struct Schedule: Sendable, Hashable {
    /// Its identity.
    package var id: ScheduleID
    /// Who owns it.
    package var client: ClientID
    /// Its name, unique inside the client.
    package var name: String
    /// When.
    package var plan: RecurrencePlan
    /// What happens to slots that passed unnoticed.
    package var catchUp: CatchUp
    /// How long after its instant a slot is still on time, in world time.
    package var grace: Duration
    /// How long before its instant a slot is decided, in world time.
    package var lead: Duration
    /// Jobs are due so much later at most, each slot by an amount of its own that is always the same.
    package var jitter: Duration
    /// Whether the job is due as soon as the slot is decided, and not at the slot's time: it prepares something.
    package var runsAhead: Bool
    /// Whether its work looks at the present, as a reading of numbers does: of slots that have passed together the latest stands for all.
    package var readsPresent: Bool
    /// The job that each slot makes.
    package var work: JobTemplate
    /// Whether it makes jobs.
    package internal(set) var state: ScheduleState = .active
    /// Why it is paused.
    package internal(set) var stateReason: String?
    /// How often a person changed it.
    package internal(set) var generation = 1
    /// The first slot that was not decided yet; `nil` at the end of the rule.
    package internal(set) var next: RecurrenceSlot?
    /// Who made it.
    package var createdBy: String
    /// When it was made, in world time.
    package internal(set) var createdAt: Date?

    /// Makes an active schedule; it is stored by ``ScheduleStore/add(_:on:)``.
    package init(
        id: ScheduleID = ScheduleID(), client: ClientID, name: String, plan: RecurrencePlan, catchUp: CatchUp = .latest,
        grace: Duration = .seconds(300), lead: Duration = .zero, jitter: Duration = .zero, runsAhead: Bool = false,
        readsPresent: Bool = false, work: JobTemplate, createdBy: String
    ) {
        self.id = id
        self.client = client
        self.name = name
        self.plan = plan
        self.catchUp = catchUp
        self.grace = grace
        self.lead = lead
        self.jitter = jitter
        self.runsAhead = runsAhead
        self.readsPresent = readsPresent
        self.work = work
        self.createdBy = createdBy
    }

    /// The instant at which a slot's work is due: a little after the slot, as its jitter has it.
    package func dueAt(_ slot: RecurrenceSlot) -> Date? {
        slot.instant?.addingTimeInterval(Double(self.delay(of: slot)) / 1_000)
    }

    /// The slot's own share of the jitter in milliseconds: FNV-1a over schedule and slot, so that every worker gets the same.
    private func delay(of slot: RecurrenceSlot) -> Int64 {
        guard self.jitter.milliseconds > 0 else { return 0 }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in "\(self.id)/\(slot.key)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return Int64((hash ^ (hash >> 32)) % UInt64(self.jitter.milliseconds))
    }

    /// What a slot's job is called, so that it is made once.
    func key(of slot: RecurrenceSlot) -> String { "schedule:\(self.id)/\(slot.key)" }
}

extension Schedule {
    static let columns: StaticString = """
        client_id, schedule_id, name, rule, starts_local, time_zone, gap_policy, overlap_policy, catch_up, grace_ms, lead_ms, \
        jitter_ms, runs_ahead, reads_present, queue, kind, provider, account_id, subject_id, payload, priority, max_attempts, recovery, \
        state, state_reason, generation, next_local, next_fold, next_at, zone_version, created_by, created_at
        """

    /// Reads the columns of ``columns``.
    ///
    /// - Throws: ``JobQueueError`` with code `invalid` when what is stored cannot be understood: a newer version wrote it.
    init(_ row: Row) throws {
        let grace: Int64 = try row.get("grace_ms")
        let lead: Int64 = try row.get("lead_ms")
        let jitter: Int64 = try row.get("jitter_ms")
        let name: String = try row.get("name")
        let catchUp: String = try row.get("catch_up")
        guard let catchUp = CatchUp(catchUp) else {
            throw JobQueueError(.invalid, "the catch-up policy '\(catchUp)' of schedule '\(name)' is not known here")
        }
        self.init(
            id: try row.get("schedule_id"), client: try row.get("client_id"), name: name,
            plan: try RecurrencePlan(row), catchUp: catchUp, grace: .milliseconds(grace), lead: .milliseconds(lead),
            jitter: .milliseconds(jitter), runsAhead: try row.get("runs_ahead"),
            readsPresent: try row.get("reads_present"), work: try JobTemplate(row), createdBy: try row.get("created_by")
        )
        self.state = try row.get("state")
        self.stateReason = try row.get("state_reason")
        self.generation = Int(try row.get("generation", as: Int32.self))
        self.createdAt = try row.get("created_at")
        if let local: String = try row.get("next_local") {
            let fold: Int16 = try row.get("next_fold")
            self.next = RecurrenceSlot(
                local: try WallTime(parsing: local), fold: Int(fold), instant: try row.get("next_at"), note: .exact)
        }
    }
}

extension RecurrencePlan {
    fileprivate init(_ row: Row) throws {
        let rule: String = try row.get("rule")
        let start: String = try row.get("starts_local")
        let zone: String = try row.get("time_zone")
        let gap: String = try row.get("gap_policy")
        let overlap: String = try row.get("overlap_policy")
        self.init(
            rule: try Recurrence(parsing: rule), start: try WallTime(parsing: start), zone: try ZoneID(parsing: zone),
            gap: GapPolicy(rawValue: gap), overlap: OverlapPolicy(rawValue: overlap))
    }
}

/// Who decided about a slot.
package enum SlotCause: String, Sendable, Hashable, PQConvertible {
    /// The schedule itself.
    case schedule
    /// A person, for now.
    case trigger
    /// A person, for the past.
    case backfill
}

/// A slot that was decided.
package struct DecidedSlot: Sendable, Hashable {
    /// What the wall shows.
    package var local: WallTime
    /// 0 for the first time the wall shows it, 1 for the second.
    package var fold: Int
    /// When it is.
    package var at: Date
    /// When its work is due; `nil` when it was missed.
    package var dueAt: Date?
    /// Whether a job was made.
    package var isFired: Bool
    /// Who decided.
    package var cause: SlotCause
    /// The job.
    package var job: JobID?

    /// Makes a slot of what was, or would be, decided about it.
    package init(
        local: WallTime, fold: Int, at: Date, dueAt: Date? = nil, isFired: Bool, cause: SlotCause, job: JobID? = nil
    ) {
        self.local = local
        self.fold = fold
        self.at = at
        self.dueAt = dueAt
        self.isFired = isFired
        self.cause = cause
        self.job = job
    }
}
