// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit

/// Writes how a boost stands, its money, what follows from both, and the next look while one is needed.
struct BoostRecord: Sendable {
    /// How often a running boost is looked at, in world time.
    private static let statusInterval: TimeInterval = 6 * 3600
    /// How often one that was stopped is looked at until its end, in world time: somebody may switch it on again.
    static let stoppedInterval: TimeInterval = 86_400

    var work: BoostWork
    var boost: RemoteBoost
    /// The platform's own rules.
    var limits: BoostLimits?
    var jobs: JobStore
    var ledger: BudgetLedger
    /// Who says so.
    var actor = "posthorn"
    /// Why, for the history.
    var reason: String?

    func write(on db: inout Transaction) async throws {
        let state = self.state
        let idleness = BoostPace(self.work, isRunning: state == .running, spend: self.boost.spend).idleness
        try await self.work.move(
            to: state, actor: self.actor, reason: self.reason ?? self.words(of: state), on: &db)
        try await self.store(state, idleness, on: &db)
        try await self.note(idleness, state, on: &db)
        try await self.book(state, on: &db)
        if state == .stopping {
            // The job that stops it is there since the wish was, unless it had no more to do.
            if self.work.state.hasEnded || [.cancelled, .failed].contains(self.work.state) {
                try await self.stopAgain(on: &db)
            }
            return
        }
        if state == .rejected, self.work.state != .rejected {
            // Somebody may cure what the platform objects to, and it would deliver again: it is switched off as well.
            _ = try await self.jobs.enqueue([self.work.job(.stop, dueAt: nil)], on: &db)
        }
        if let stop = try await self.reasonToStop(state, idleness, on: &db) {
            try await BoostStop(jobs: self.jobs, ledger: self.ledger).ask(
                self.work.boost, of: self.work.client, actor: self.actor, reason: stop, on: &db)
            return
        }
        try await self.planNextLook(state, on: &db)
    }

    /// The platform's state in our words: one that is to be stopped is not running or paused for us any more.
    private var state: BoostState {
        let isAskedToStop =
            self.work.stopAskedAt != nil || self.work.state.hasEnded || [.cancelled, .failed].contains(self.work.state)
        switch self.boost.state {
        case .inReview: return isAskedToStop ? .stopping : .inReview
        case .running: return isAskedToStop ? .stopping : .running
        // What has ended keeps the word for how it did.
        case .paused where self.work.state.hasEnded, .stopped where self.work.state.hasEnded: return self.work.state
        case .paused where isAskedToStop: return .stopped
        case .paused: return self.work.now >= self.work.terms.endsAt ? .completed : .paused
        case .completed: return .completed
        case .stopped: return .stopped
        case .rejected: return .rejected
        }
    }

    /// It had ended, and somebody switched it on again where it is paid, or what it was called off for came too late: nothing is set aside
    /// for that.
    private func stopAgain(on db: inout Transaction) async throws {
        let reason =
            self.work.state.hasEnded
            ? "it had ended and was switched on again" : "it runs although it was \(self.work.state.rawValue)"
        try await db.execute(
            """
            UPDATE boost SET stop_asked_at = world_now(), stop_asked_by = coalesce(stop_asked_by, \(self.actor)),
                             stop_reason = coalesce(stop_reason, \(reason))
            WHERE client_id = \(self.work.client) AND boost_id = \(self.work.boost)
            """)
        try await BoostWatch(jobs: self.jobs).begin(.stop, of: self.work, dueAt: nil, on: &db)
    }

    private func words(of state: BoostState) -> String {
        if state == .stopped, let reason = self.work.stopReason { return "the platform confirms: \(reason)" }
        if state == .stopping, let reason = self.work.stopReason { return reason }
        return "the platform says \(self.boost.state.rawValue)" + (self.boost.remark.map { ": \($0)" } ?? "")
    }

    private func store(_ state: BoostState, _ idleness: String?, on db: inout Transaction) async throws {
        let results = String(
            decoding: try JSONEncoder.posthorn.encode(
                Dictionary(uniqueKeysWithValues: self.boost.results.map { ($0.key.rawValue, $0.value) })),
            as: UTF8.self)
        try await db.execute(
            """
            UPDATE boost SET remote_id = \(self.boost.id), spend_minor = coalesce(\(self.boost.spend?.minorUnits), spend_minor),
                   results = coalesce(nullif(\(JSONText(results))::jsonb, '{}'), results), status_read_at = world_now(),
                   remark = nullif(\([self.boost.remark, idleness].compactMap(\.self).joined(separator: "; ")), ''),
                   running_since = CASE WHEN \(state == .running) THEN coalesce(running_since, \(self.work.now)) END,
                   idle_since = CASE WHEN \(idleness != nil) THEN coalesce(idle_since, \(self.work.now)) END,
                   ended_at = CASE WHEN \(state.hasEnded) THEN coalesce(ended_at, least(\(self.work.now), ends_at)) END,
                   settled_at = CASE WHEN \(state.hasEnded) THEN settled_at END
            WHERE client_id = \(self.work.client) AND boost_id = \(self.work.boost)
            """)
        guard !state.hasEnded || self.boost.spend.map({ $0.minorUnits > 0 }) ?? false else { return }
        // What was paid for never counts as what the post earned by itself, and what was learnt of it is learnt anew.
        let marked = try await db.query(
            """
            UPDATE publication SET paid = true
            FROM boost WHERE boost.client_id = \(self.work.client) AND boost.boost_id = \(self.work.boost)
              AND publication.client_id = boost.client_id AND publication.publication_id = boost.publication_id
              AND NOT paid
            RETURNING publication.account_id, publication.platform
            """)
        let fits = try marked.map { row throws in
            NewJob.fitTimes(
                account: try row.get("account_id"), client: self.work.client, platform: try row.get("platform"),
                now: self.work.now)
        }
        if !fits.isEmpty { _ = try await self.jobs.enqueue(fits, on: &db) }
    }

    private func book(_ state: BoostState, on db: inout Transaction) async throws {
        let exposure = self.work.exposure(self.limits)
        if self.boost.state != .paused, self.boost.state != .rejected {
            try await self.ledger.book(
                for: self.work.owner, actor: self.actor, reason: "the platform runs the boost", on: &db
            ) { $0.commit() }
        }
        if let spend = self.boost.spend {
            try await self.ledger.book(
                for: self.work.owner, actor: self.actor, reason: "reported by the platform", on: &db
            ) { balances in self.boost.bookings(of: spend, exposure, at: self.work.now, balances) }
        }
        let reason =
            self.isSettled(state) ? "the boost is \(state.rawValue) and its bill is final" : "cannot be spent any more"
        try await self.ledger.book(for: self.work.owner, actor: self.actor, reason: reason, on: &db) { balances in
            balances.release(keeping: self.isSettled(state) ? [:] : self.needed(state, exposure, balances))
        }
        if self.isSettled(state) {
            try await db.execute(
                """
                UPDATE boost SET settled_at = coalesce(settled_at, world_now())
                WHERE client_id = \(self.work.client) AND boost_id = \(self.work.boost)
                """)
        }
    }

    /// What may still be needed of what is set aside: nothing more in months that are over and settled, of a budget for the whole time
    /// not what was spent in those, and of a daily one nothing for the days after it has ended.
    private func needed(
        _ state: BoostState, _ exposure: BoostExposure, _ balances: LedgerBalances
    ) -> [CalendarMonth: Int64] {
        let settled = self.work.now.addingTimeInterval(-self.settlement)
        let oldest = CalendarMonth(containing: settled, in: exposure.capZone)
        // What other months spent may be taken back until they are settled.
        let final = balances.months.reduce(0) { $0 + ($1.key < oldest ? $1.value.spent : 0) }
        let ended = state.hasEnded ? exposure.byMonth(until: self.work.endedAt ?? self.work.now) : nil
        var needed: [CalendarMonth: Int64] = [:]
        for (month, balance) in balances.months {
            if month < oldest {
                needed[month] = balance.spent
            } else if self.work.terms.budgetKind == .lifetime {
                needed[month] = max(0, self.work.terms.budget.minorUnits - final)
            } else {
                needed[month] = ended.map { $0[month] ?? 0 } ?? balance.open
            }
        }
        return needed
    }

    private var settlement: TimeInterval { self.limits.map { $0.settlement / .seconds(1) } ?? 0 }

    /// Whether no more spend can be reported.
    private func isSettled(_ state: BoostState) -> Bool {
        guard state.hasEnded else { return false }
        let ended = self.work.endedAt ?? min(self.work.now, self.work.terms.endsAt)
        return self.work.now >= ended.addingTimeInterval(self.settlement)
    }

    /// That it spends next to nothing, and that it spends again, stand in the history beside the changes of its state.
    private func note(_ idleness: String?, _ state: BoostState, on db: inout Transaction) async throws {
        guard state == .running, (idleness == nil) == (self.work.idleSince != nil) else { return }
        try await StateChanges.append(
            [
                StateChange(
                    client: self.work.client, kind: .boost, subject: self.work.boost.uuid, actor: self.actor,
                    from: state.rawValue, to: state.rawValue, reason: idleness ?? "it spends as planned again")
            ], on: &db)
    }

    /// Why Posthorn stops it by itself: its publication is gone, it spends what its terms do not allow or, where that is wanted, next to
    /// nothing, or it makes a cap pass.
    private func reasonToStop(
        _ state: BoostState, _ idleness: String?, on db: inout Transaction
    ) async throws -> String? {
        guard [.inReview, .running, .paused].contains(state) else { return nil }
        if let obstacle = self.work.publicationObstacle { return obstacle }
        if let spend = self.boost.spend {
            let most = self.work.exposure(self.limits).most(until: self.work.now)
            if spend.minorUnits > most {
                let allowed = Money(minorUnits: most, currency: spend.currency)
                return "it has spent \(spend), but by its terms at most \(allowed) until now"
            }
        }
        if let idleness, self.work.stopsWhenIdle { return idleness }
        return try await self.ledger.passedCaps(of: self.work.owner, on: &db).first
    }

    private func planNextLook(_ state: BoostState, on db: inout Transaction) async throws {
        let now = self.work.now
        guard !state.hasEnded else {
            let ended = self.work.endedAt ?? min(now, self.work.terms.endsAt)
            guard self.isSettled(state) else {
                return try await self.planLook(at: ended.addingTimeInterval(self.settlement + 1), on: &db)
            }
            guard state == .stopped || state == .rejected, now < self.work.terms.endsAt else { return }
            let next = min(now.addingTimeInterval(Self.stoppedInterval), self.work.terms.endsAt)
            return try await self.planLook(at: next, on: &db)
        }
        try await self.lookAtPublication(on: &db)
        // A last look soon after the end, so that the final spend is booked.
        let next =
            now < self.work.terms.endsAt
            ? min(now.addingTimeInterval(Self.statusInterval), self.work.terms.endsAt.addingTimeInterval(60))
            : now.addingTimeInterval(3600)
        try await self.planLook(at: next, on: &db)
    }

    /// Once a day the publication itself is read: when it is gone, nothing more is to be paid for it.
    private func lookAtPublication(on db: inout Transaction) async throws {
        guard let publication = self.work.publication else { return }
        let day = Int(self.work.now.timeIntervalSince1970 / 86_400)
        _ = try await self.jobs.enqueue(
            [
                .fetchMetrics(
                    publication: publication, client: self.work.client, account: self.work.account,
                    platform: self.work.platform, dueAt: nil, key: "boosted:\(publication):\(day)")
            ], on: &db)
    }

    private func planLook(at instant: Date, on db: inout Transaction) async throws {
        try await BoostWatch(jobs: self.jobs).begin(.status, of: self.work, dueAt: instant, on: &db)
    }
}
