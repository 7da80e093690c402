// SPDX-License-Identifier: MIT

import Domain
import Foundation

@testable import JobQueue

/// What may be sent, was sent, and is known about it.
extension ModelDatabase {
    /// What became of a call of the fence.
    enum Fencing: Sendable, Equatable {
        /// This send may begin; its token comes back a while after it was taken, at the database's time.
        case granted(send: Int, at: Int)
        /// A limit does not allow it for so long.
        case refused(pause: Int)
        /// It is not to be sent.
        case none
    }

    /// Mirrors `EffectStore.prepare`.
    mutating func prepare(_ operation: Int, job: Int) -> EffectRow {
        var effect =
            self.effects[operation] ?? EffectRow(job: job, recovery: self.jobs[job].spec.recovery)
        if effect.state == .rejected { effect.state = .prepared }
        self.effects[operation] = effect
        return effect
    }

    /// Mirrors `EffectStore.fence` with `LimitStore.debit` in the same transaction.
    mutating func fence(_ operation: Int, job: Int, lease: Int64, token: Int, at now: Int) -> Fencing {
        guard var effect = self.effects[operation], effect.state == .prepared, effect.reconcileJob != job else {
            return .none
        }
        if !self.left.contains(.leaseOfFence) {
            guard self.leases[job]?.number == lease, effect.minimumLease <= lease else { return .none }
        }
        guard self.debit(self.jobs[job].lane, isTaken: !self.left.contains(.debitInFence), at: now) else {
            return .refused(pause: self.pause(self.jobs[job].lane, at: now))
        }
        let earlier = self.sends[operation, default: []]
        if earlier.contains(where: { $0.outcome == "confirmed" }) {
            self.fail(.provenSend, "operation \(operation) is sent though a send of it is confirmed")
        } else if let outcome = earlier.last.map({ $0.outcome ?? "nothing" }),
            !["absent", "not-sent", "rejected"].contains(outcome)
        {
            self.fail(.provenSend, "operation \(operation) is sent after one of which \(outcome) is known")
        }
        effect.state = .sending
        effect.sendNumber += 1
        effect.lease = lease
        effect.job = job
        effect.sentAt = now
        effect.absentReads = 0
        effect.lastReadAt = nil
        effect.reconcileJob = nil
        self.effects[operation] = effect
        self.sends[operation, default: []].append(SendRow(token: token, lease: lease))
        return .granted(send: effect.sendNumber, at: now)
    }

    /// Mirrors `EffectStore.lookAfterLostAnswer`.
    func find(_ token: Int, _ operation: Int, lease: Int64) -> Int? {
        guard let effect = self.effects[operation], effect.state == .sending, effect.lease == lease,
            self.sends[operation]?.last?.token == token
        else { return nil }
        return effect.sendNumber
    }

    /// Mirrors `EffectStore.settle`, whose changes are `confirm`, `reject`, `notSent` and `markUnknown`.
    mutating func settle(_ operation: Int, send: Int, outcome: String, at now: Int) {
        guard let effect = self.effects[operation], let rows = self.sends[operation], rows.count >= send else { return }
        let isLast = effect.sendNumber == send
        let isOpen = isLast && [.sending, .unknown].contains(effect.state)
        switch outcome {
        case "confirmed" where effect.state != .sending || isLast: self.effects[operation]?.state = .confirmed
        case "rejected" where isOpen: self.effects[operation]?.state = .rejected
        case "not-sent" where isOpen: self.effects[operation]?.state = .prepared
        case "unknown" where isLast && effect.state == .sending:
            self.effects[operation]?.state = .unknown
            self.effects[operation]?.reconcileJob = nil
            self.makeReconcileJob(operation, at: now)
        default: break
        }
        self.learn(outcome, of: operation, send: send)
        self.rememberConfirmation(of: operation)
        self.wake(operation)
    }

    private mutating func learn(_ outcome: String, of operation: Int, send: Int) {
        let known = self.sends[operation]?[send - 1].outcome
        guard known != "confirmed" else { return }
        // Late doubt does not undo what was proven since.
        if outcome == "unknown", known != nil { return }
        self.sends[operation]?[send - 1].outcome = outcome
    }

    /// A confirmation of an earlier send counts as soon as no later one is under way.
    private mutating func rememberConfirmation(of operation: Int) {
        guard let effect = self.effects[operation],
            [.prepared, .rejected, .unknown].contains(effect.state),
            self.sends[operation]?.contains(where: { $0.outcome == "confirmed" }) == true
        else { return }
        self.effects[operation]?.state = .confirmed
    }

    /// Mirrors `ReconcileJob.wake`.
    private mutating func wake(_ operation: Int) {
        guard let effect = self.effects[operation], effect.state != .unknown, let looker = effect.reconcileJob else {
            return
        }
        for job in [effect.job, looker] {
            guard let held = self.held[job], held.reason == HoldReason.unknownOutcome else { continue }
            self.held[job] = nil
            self.ready[job] = held.row
        }
    }

    /// Mirrors `EffectStore.recordAbsentRead`.
    ///
    /// The answer is nil when the lease is lost.
    mutating func recordAbsentRead(
        _ operation: Int, job: Int, lease: Int64, send: Int, distance: Int, readAt: Int, at now: Int
    ) -> EffectState? {
        guard self.leases[job]?.number == lease, var effect = self.effects[operation] else { return nil }
        if effect.state == .unknown, effect.sendNumber == send,
            (effect.lastReadAt ?? effect.sentAt) + distance <= readAt
        {
            effect.absentReads += 1
            effect.lastReadAt = now
            effect.minimumLease = max(effect.minimumLease, lease)
            if effect.absentReads > (self.left.contains(.secondRead) ? 0 : 1) {
                effect.state = .prepared
                self.sends[operation]?[send - 1].outcome = "absent"
            }
            self.effects[operation] = effect
        }
        guard effect.state == .prepared else { return effect.state }
        self.rememberConfirmation(of: operation)
        self.wake(operation)
        return self.effects[operation]?.state
    }

    /// Mirrors `EffectLedger.resolve`.
    @discardableResult
    mutating func resolve(_ operation: Int, as state: EffectState, at now: Int) -> Bool {
        guard var effect = self.effects[operation], effect.state == .unknown else { return false }
        effect.state = state
        effect.absentReads = 0
        effect.lastReadAt = nil
        effect.isResent = state == .prepared
        self.effects[operation] = effect
        self.sends[operation]?[effect.sendNumber - 1].outcome = state == .prepared ? "absent" : state.rawValue
        self.rememberConfirmation(of: operation)
        self.wake(operation)
        return true
    }

    // MARK: Limits

    private func window(_ lane: Lane) -> TokenWindow? {
        self.limit.map { limit in
            TokenWindow(
                calls: limit.calls, window: limit.window,
                allowance: SendAllowance(window: limit.window, rate: self.rate).world, slices: self.slices[lane] ?? [])
        }
    }

    /// Mirrors `LimitStore.debit` for one limit of an account; the window itself is the queue's own.
    mutating func debit(_ lane: Lane, isTaken: Bool = true, at now: Int) -> Bool {
        guard var window = self.window(lane) else { return true }
        guard case .granted = window.take(at: Self.date(now)) else { return false }
        if isTaken { self.slices[lane] = window.slices }
        return true
    }

    private func pause(_ lane: Lane, at now: Int) -> Int {
        guard var window = self.window(lane), case .refused(let until?) = window.take(at: Self.date(now)) else {
            return 0
        }
        return Self.time(until) - now
    }
}
