// SPDX-License-Identifier: MIT

import Domain
import Foundation

@testable import JobQueue

/// What handlers do, a step at a time: publish as `EffectHost` does, look as `ReconcileHandler` does.
extension Simulation {
    mutating func begin(_ worker: Int, _ lease: Int64) {
        guard let run = self.workers[worker].runs[lease] else { return }
        let deadline = self.instant(self.now + Pace.runDeadline)
        if let cause = self.workers[worker].table.begin(lease, at: self.instant(self.now), deadline: deadline, { nil })
        {
            return self.end(worker, lease, self.outcome(after: cause, run.job))
        }
        switch run.job.kind {
        case "publish": self.send(.prepare, from: worker, lease: lease)
        case .reconcile: self.send(.load, from: worker, lease: lease)
        default: self.add(.worked(worker, lease), in: self.draw(1...3_000))
        }
    }

    /// A job without outside effects has done its work.
    mutating func worked(_ worker: Int, _ lease: Int64) {
        guard let run = self.workers[worker].runs[lease] else { return }
        if let cause = run.cause { return self.end(worker, lease, self.outcome(after: cause, run.job)) }
        self.end(worker, lease, self.fails(25) ? self.retryOutcome(run.job) : .succeeded)
    }

    /// The database has answered a handler, or nobody knows whether it did.
    mutating func heardRun(_ answer: Answer, to message: Message) {
        let (worker, lease) = (message.worker, message.lease)
        guard let run = self.workers[worker].runs[lease] else {
            if case .finish(let runs, _) = message.call { self.recorded(answer, runs, message) }
            return
        }
        switch (message.call, answer) {
        case (.finish(let runs, _), _): self.recorded(answer, runs, message)
        case (.settle(_, let outcome), .done): self.settled(worker, lease, outcome)
        case (.settle, _): self.add(.again(message), in: self.draw(50...300))
        case (.fence, .fenced(let fencing)): self.fenced(worker, run, fencing)
        case (.fence(let token), _): self.lostFence(worker, run, token)
        case (.find, .found(let send)): self.found(worker, run, send)
        case (.find, .failed) where run.cause == nil: self.add(.again(message), in: self.draw(50...300))
        case (.debit, _): break
        case (_, _) where run.cause != nil: self.leaveAndEnd(worker, run)
        case (_, .failed): self.endLater(worker, run, 500, "the database was away")
        case (.prepare, .effect(let effect?, _)): self.enter(worker, run, effect)
        case (.load, .effect(let effect?, let time)): self.look(worker, run, effect, time)
        case (.absentRead, .read(let state)):
            switch state {
            case nil: self.end(worker, lease, .released)
            case .unknown: self.endLater(worker, run, self.distance, "not found once")
            default: self.end(worker, lease, .succeeded)
            }
        default: self.endLater(worker, run, 500, "no answer")
        }
    }

    /// The result of a run with a record is written, or is written again.
    private mutating func recorded(_ answer: Answer, _ runs: [Finish], _ message: Message) {
        guard case .finished = answer else { return self.add(.again(message), in: self.draw(50...300)) }
        for run in runs { self.wrote(message.worker, run) }
    }

    private mutating func endLater(_ worker: Int, _ run: ModelWorker.Run, _ pause: Int, _ reason: String) {
        self.end(worker, run.job.lease.number, .deferredFor(.milliseconds(pause), reason: reason))
    }

    private mutating func leaveAndEnd(_ worker: Int, _ run: ModelWorker.Run) {
        self.workers[worker].gate.leave(run.job.lease.number)
        self.end(worker, run.job.lease.number, run.cause.map { self.outcome(after: $0, run.job) } ?? .released)
    }

    // MARK: Publishing

    private mutating func enter(_ worker: Int, _ run: ModelWorker.Run, _ effect: ModelDatabase.EffectRow) {
        let lease = run.job.lease.number
        switch effect.state {
        case .confirmed: self.end(worker, lease, .succeeded)
        case .unknown, .sending: self.endLater(worker, run, 1_000, "an earlier send is not settled")
        case .prepared, .rejected:
            guard self.workers[worker].gate.enter(lease, at: self.instant(self.now)) else {
                return self.endLater(worker, run, 0, "this worker may not send any more")
            }
            self.tokens += 1
            self.workers[worker].runs[lease]?.fencedAt = self.now
            self.send(.fence(token: self.tokens), from: worker, lease: lease)
        }
    }

    private mutating func fenced(_ worker: Int, _ run: ModelWorker.Run, _ fencing: ModelDatabase.Fencing) {
        let lease = run.job.lease.number
        switch fencing {
        case .granted(let send, let debitedAt):
            let permit = SendAllowance(window: .milliseconds(Pace.window), rate: 1).permit
            self.granted(worker, lease, send, min(run.fencedAt + Pace.sendWindow, debitedAt + Int(permit.milliseconds)))
        case .refused(let pause):
            self.workers[worker].gate.leave(lease)
            let lane = self.database.jobs[run.number].lane
            self.end(
                worker, lease, .keptBack(for: .milliseconds(pause), reason: "used up"),
                .closing(lane, until: self.now + pause))
        case .none:
            self.workers[worker].gate.leave(lease)
            self.endLater(worker, run, 0, "this worker may not send any more")
        }
    }

    private mutating func granted(_ worker: Int, _ lease: Int64, _ send: Int, _ notAfter: Int) {
        self.add(.depart(worker, lease, send: send, notAfter: notAfter), in: self.delay())
    }

    private mutating func lostFence(_ worker: Int, _ run: ModelWorker.Run, _ token: Int) {
        let lease = run.job.lease.number
        if self.left.contains(.fenceToken), let operation = run.operation {
            let send = self.database.effects[operation]?.sendNumber ?? 1
            return self.granted(worker, lease, max(1, send), run.fencedAt + Pace.sendWindow)
        }
        self.send(.find(token: token), from: worker, lease: lease)
    }

    private mutating func found(_ worker: Int, _ run: ModelWorker.Run, _ send: Int?) {
        guard let send else { return self.fenced(worker, run, .none) }
        self.fenced(worker, run, .granted(send: send, at: run.fencedAt))
    }

    /// The last look at the clock and the first byte are one step: what lies between them is what remains.
    mutating func depart(_ worker: Int, _ lease: Int64, send: Int, notAfter: Int) {
        guard let run = self.workers[worker].runs[lease] else { return }
        guard run.cause == nil, self.now <= notAfter else {
            return self.send(.settle(send: send, outcome: "not-sent"), from: worker, lease: lease)
        }
        self.note("worker \(worker) lease \(lease) sends send \(send) of operation \(run.operation ?? -1)")
        self.leave(worker, lease, send: send)
        if self.left.contains(.debitInFence) { self.send(.debit, from: worker, lease: lease) }
    }

    /// The platform has answered, or the request's time is up.
    mutating func replied(_ request: ModelPlatform.Request, _ reply: ModelPlatform.Reply?) {
        guard self.workers[request.worker].runs[request.lease]?.request == request.number else { return }
        self.workers[request.worker].runs[request.lease]?.request = nil
        let outcome =
            switch reply {
            case .done: "confirmed"
            case .busy: "not-sent"
            case .refused: "rejected"
            case nil: "unknown"
            }
        self.send(.settle(send: request.send, outcome: outcome), from: request.worker, lease: request.lease)
    }

    /// The handler is cancelled while it waits for the platform: the request is cut, and nobody knows.
    mutating func cut(_ worker: Int, _ lease: Int64) {
        guard let run = self.workers[worker].runs[lease], run.request != nil, let operation = run.operation else {
            return
        }
        self.workers[worker].runs[lease]?.request = nil
        let send = self.database.sends[operation]?.lastIndex { $0.lease == lease } ?? 0
        self.send(.settle(send: send + 1, outcome: "unknown"), from: worker, lease: lease)
    }

    private mutating func settled(_ worker: Int, _ lease: Int64, _ outcome: String) {
        self.workers[worker].gate.leave(lease)
        guard let run = self.workers[worker].runs[lease] else { return }
        switch outcome {
        case "confirmed": self.end(worker, lease, .succeeded)
        case "rejected": self.end(worker, lease, .failed(JobFailure(code: "permanent", message: "it was refused")))
        default:
            guard run.cause == nil else { return self.leaveAndEnd(worker, run) }
            self.endLater(worker, run, 500, outcome)
        }
    }

    // MARK: Looking

    private mutating func look(
        _ worker: Int, _ run: ModelWorker.Run, _ effect: ModelDatabase.EffectRow, _ time: Int
    ) {
        let lease = run.job.lease.number
        guard effect.state == .unknown, effect.reconcileJob == run.number else {
            return self.end(worker, lease, .succeeded)
        }
        let age = time - effect.sentAt
        guard age >= self.distance else { return self.endLater(worker, run, self.distance - age, "too early") }
        self.add(.looked(worker, lease, send: effect.sendNumber, loadedAt: time), in: self.delay())
    }

    mutating func looked(_ worker: Int, _ lease: Int64, send: Int, loadedAt: Int) {
        guard let run = self.workers[worker].runs[lease], let operation = run.operation else { return }
        if run.cause != nil { return self.leaveAndEnd(worker, run) }
        let nature = self.natures[operation]
        let isShown = self.platform.shows(operation, at: self.now)
        guard !nature.isBlind, !self.fails(10) else { return self.inconclusive(worker, run, operation, nature) }
        self.note("worker \(worker) looks for operation \(operation): \(isShown ? "found" : "absent")")
        if isShown {
            self.send(.settle(send: send, outcome: "confirmed"), from: worker, lease: lease)
        } else {
            self.send(.absentRead(send: send, readAt: loadedAt), from: worker, lease: lease)
        }
    }

    private mutating func inconclusive(_ worker: Int, _ run: ModelWorker.Run, _ operation: Int, _ nature: Nature) {
        guard nature.isBlind || run.job.deferCount >= 6 else {
            return self.endLater(worker, run, 2 * self.distance, "the look proved nothing")
        }
        guard nature.resends else {
            return self.end(worker, run.job.lease.number, .held(reason: HoldReason.unknownOutcome, nil))
        }
        self.workers[worker].runs[run.job.lease.number]?.cause = nil
        self.end(worker, run.job.lease.number, .succeeded, .resending(operation))
    }
}
