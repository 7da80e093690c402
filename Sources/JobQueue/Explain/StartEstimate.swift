// SPDX-License-Identifier: MIT

package import Foundation

/// When a job starts, as far as that can be known.
package enum StartEstimate: Sendable, Hashable {
    /// It runs or has ended.
    case past
    /// Somebody has to act first, or nothing is known to judge by.
    case unknown(why: String)
    /// About then, in world time.
    case about(Date, basis: String)

    /// What is known of a job's start.
    struct Facts: Sendable {
        /// What stands in the way.
        var hindrances: [JobHindrance]
        /// Where it stands; nil while it is not ready.
        var turn: JobExplanation.Turn?
        /// The slots of its account: how many, and how many are taken; nil for work of no account.
        var account: (slots: Int, taken: Int)?
        /// How many jobs of its client, app and platform may run at once, and how many do.
        var limits: [RunningLimit] = []
        /// The slots of the workers that can run it.
        var pool: PoolView?
        /// How long jobs of its kind and account ran lately, in world time.
        var accountRun: Duration?
        /// How long jobs of its queue ran lately, in world time.
        var queueRun: Duration?
        /// The world's time.
        var now: Date
    }

    /// So many ends of runs that a job waits for.
    fileprivate struct Wait {
        var ends: Int
        /// So many of them are of jobs that begin only when its lane opens.
        var afterOpening = 0
        var atOnce: Int
        var run: Duration?
        /// Whose runs are to be judged by.
        var whose: String

        /// When the last of them has ended.
        func end(_ now: Date, opening: Date) -> Date? {
            guard let run else { return nil }
            func time(_ ends: Int) -> Double { (Double(ends) / Double(max(1, self.atOnce)) * run.seconds).rounded(.up) }
            return max(now.addingTimeInterval(time(self.ends)), opening.addingTimeInterval(time(self.afterOpening)))
        }

        var words: String {
            let run =
                self.run.map {
                    $0.formatted(.units(allowed: [.minutes, .seconds, .milliseconds], width: .narrow))
                } ?? "an unknown time"
            return "\(self.ends) run(s) of \(self.whose) end before it, a run takes \(run), \(self.atOnce) at once"
        }
    }

    /// Judges by what is known.
    ///
    /// A job waits for the runs that have its slots and for the jobs before it: of its account, whose slots are shared, and of everybody in
    /// its queue, who share the workers'. How long runs take is the average of the last hour; what goes before it is counted as if the workers
    /// were one. What stops its calls alone does not stop its start.
    init(_ facts: Facts) {
        for hindrance in facts.hindrances {
            switch hindrance {
            case .running, .ended:
                self = .past
                return
            case .held, .unknownEffect:
                self = .unknown(why: "it waits for a decision")
                return
            case .paused:
                self = .unknown(why: "it is paused until somebody resumes it")
                return
            case .noWorker:
                self = .unknown(why: "no worker can run it")
                return
            default: break
            }
        }
        let opens = facts.hindrances.filter(\.delaysStart).compactMap(\.until).max()
        let begin = max(opens ?? facts.now, facts.now)
        // By then what runs now will have made room, and who comes in between is not known.
        if facts.turn == nil, let opens, opens > facts.now {
            self = .about(begin, basis: "when the last of it opens")
            return
        }
        do throws(NotKnown) {
            let waits = try facts.waits
            if let unjudged = waits.first(where: { $0.run == nil }) {
                throw NotKnown(why: "no job of \(unjudged.whose) ran in the last hour to judge by")
            }
            let ends = waits.compactMap { wait in
                wait.end(facts.now, opening: begin).map { (end: $0, words: wait.words) }
            }
            guard let last = ends.max(by: { $0.end < $1.end }), last.end > begin else {
                self = .about(begin, basis: opens == nil ? "the next free slot" : "when the last of it opens")
                return
            }
            self = .about(last.end, basis: last.words)
        } catch {
            self = .unknown(why: error.why)
        }
    }

    /// Why nothing can be said.
    fileprivate struct NotKnown: Error { var why: String }
}

extension StartEstimate.Facts {
    /// Everything that has to end first.
    fileprivate var waits: [StartEstimate.Wait] {
        get throws(StartEstimate.NotKnown) {
            var waits: [StartEstimate.Wait] = []
            func add(_ before: Int, _ atOnce: Int, taken: Int, _ run: Duration?, _ whose: String) {
                let ends = before + 1 - (atOnce - taken)
                if ends > 0 { waits.append(StartEstimate.Wait(ends: ends, atOnce: atOnce, run: run, whose: whose)) }
            }
            if let account {
                let ahead = self.turn?.ahead ?? 0
                add(ahead, account.slots, taken: account.taken, self.accountRun, "its account")
                if !waits.isEmpty { waits[0].afterOpening = max(0, ahead + 1 - account.slots) }
            }
            for limit in self.limits {
                guard let before = self.before(in: limit.scope) else { throw Self.tooMany }
                add(before, limit.allowed, taken: limit.holders.count, self.accountRun, "its account")
            }
            guard let pool else { return waits }
            guard let slots = pool.slots, let free = pool.free else {
                throw StartEstimate.NotKnown(why: "a worker did not say how many slots its queue has")
            }
            guard let before = self.turn.map(\.before) ?? 0 else { throw Self.tooMany }
            add(before, slots, taken: slots - free, self.queueRun, "its queue")
            return waits
        }
    }

    private static let tooMany = StartEstimate.NotKnown(why: "too many accounts take turns before it")

    /// The jobs that go before it and share a limit.
    private func before(in scope: LimitScope) -> Int? {
        guard let turn else { return 0 }
        guard case .client = scope else { return turn.before }
        return turn.aheadOfClient.map { turn.ahead + $0 }
    }
}
