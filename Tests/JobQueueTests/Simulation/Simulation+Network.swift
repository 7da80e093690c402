// SPDX-License-Identifier: MIT

import Domain
import Foundation

@testable import JobQueue

/// Messages to the database and requests to the platform, and what happens to them on the way.
extension Simulation {
    /// Sends a call to the database: it may be lost on the way, its answer may be, or it is committed after its sender
    /// has given up.
    mutating func send(_ call: Message.Call, from worker: Int, lease: Int64 = 0) {
        self.send(
            Message(
                worker: worker, identity: self.workers[worker].identity, issuedAt: self.now, lease: lease, call: call))
    }

    mutating func send(_ message: Message) {
        let there = self.delay()
        switch self.draw(0...99) {
        case ..<4 where self.now < self.quietAt: self.add(.answer(message, .failed), in: there)
        case ..<8 where self.now < self.quietAt:
            self.add(.reach(message, .unanswered), in: there)
            self.add(.answer(message, .failed), in: there + self.delay())
        case ..<11 where self.now < self.quietAt:
            self.add(.answer(message, .failed), in: there)
            self.add(.reach(message, .unanswered), in: there + self.draw(1...3_000))
        default: self.add(.reach(message, .answered), in: there)
        }
    }

    /// The database does it, in one step.
    mutating func reach(_ message: Message, _ delivery: Event.Delivery) {
        let answer = self.answer(message)
        self.database.check()
        self.note("worker \(message.worker) lease \(message.lease): \(message.call), \(answer)")
        if case .answered = delivery { self.add(.answer(message, answer), in: self.delay()) }
    }

    private mutating func answer(_ message: Message) -> Answer {
        let clock = self.now + self.workers[message.worker].skew
        switch message.call {
        case .register:
            self.database.register(message.identity, at: self.now, clock: clock)
            return .done
        case .beat: return .beat(self.database.beat(message.identity, at: self.now, clock: clock))
        case .claim(let queue, let shares, let counted):
            self.database.promote(at: self.now)
            let answer = self.database.claim(
                shares, of: queue, worker: message.identity, at: self.now, counted: counted)
            return .claimed(answer, self.database.sighted(queue))
        case .rescue:
            self.database.rescue(at: self.now, clock: clock)
            return .done
        case .finish(let runs, let record):
            return .finished(self.database.finish(runs, at: self.now, record: record))
        case .giveBack(let leases):
            let jobs = self.database.leases(leases, of: message.identity)
            return .finished(self.database.finish(jobs.map { Finish($0, .released) }, at: self.now))
        case .deregister:
            self.database.deregister(message.identity)
            return .done
        default: return self.answer(ofRun: message)
        }
    }

    private mutating func answer(ofRun message: Message) -> Answer {
        guard let run = self.workers[message.worker].runs[message.lease], let operation = run.operation else {
            return .failed
        }
        switch message.call {
        case .prepare: return .effect(self.database.prepare(operation, job: run.number), at: self.now)
        case .load: return .effect(self.database.effects[operation], at: self.now)
        case .fence(let token):
            return .fenced(
                self.database.fence(operation, job: run.number, lease: message.lease, token: token, at: self.now))
        case .find(let token): return .found(self.database.find(token, operation, lease: message.lease))
        case .settle(let send, let outcome):
            self.database.settle(operation, send: send, outcome: outcome, at: self.now)
            return .done
        case .absentRead(let send, let readAt):
            return .read(
                self.database.recordAbsentRead(
                    operation, job: run.number, lease: message.lease, send: send, distance: self.distance,
                    readAt: readAt, at: self.now))
        case .debit:
            _ = self.database.debit(self.database.jobs[run.number].lane, at: self.now)
            return .done
        default: return .failed
        }
    }

    /// How far reads are from the send and from each other: longer than a request may be under way and the lists lag.
    var distance: Int {
        self.left.contains(.timeOfRequest) ? Pace.listingLag : Pace.distance
    }

    // MARK: The platform

    /// The first byte of a request leaves: from here on nobody can stop it.
    mutating func leave(_ worker: Int, _ lease: Int64, send: Int) {
        guard let run = self.workers[worker].runs[lease], let operation = run.operation else { return }
        let account = operation % 2
        if self.platform.depart(account, at: self.now, window: Pace.window) > Pace.calls {
            self.database.fail(.limit, "account \(account) at \(self.now) ms")
        }
        self.requests += 1
        let request = ModelPlatform.Request(
            number: self.requests, worker: worker, lease: lease, operation: operation, send: send)
        self.workers[worker].runs[lease]?.request = request.number
        let weather = self.weather
        if !self.fails(6) {
            self.add(
                .arrive(request),
                in: self.fails(weather.slow) ? self.draw(0...Pace.requestDeadline) : self.draw(5...200))
        }
        self.add(.gaveUp(request), in: Pace.requestDeadline)
    }

    /// The platform takes a request: it does what it is asked, or says why not; its answer may never come.
    mutating func arrive(_ request: ModelPlatform.Request) {
        var reply = ModelPlatform.Reply.done
        let weather = self.weather
        if self.fails(weather.busy) { reply = .busy } else if self.fails(3) { reply = .refused }
        if case .done = reply {
            let isLate = self.chance(60)
            let since = isLate ? self.now : self.now + self.draw(0...12_000)
            let length = self.draw(0...(isLate ? Pace.listingLag : Pace.distance - 1))
            self.platform.execute(request, hidden: since..<(since + length))
            if self.platform.count(request.operation) > 1,
                self.database.effects[request.operation]?.isResent != true
            {
                self.database.fail(.oneEffect, "operation \(request.operation), send \(request.send)")
            }
        }
        self.note("the platform takes send \(request.send) of operation \(request.operation): \(reply)")
        guard !self.fails(weather.silent) else { return }
        self.add(.reply(request, reply), in: self.fails(20) ? self.draw(0...5_000) : self.draw(5...200))
    }
}
