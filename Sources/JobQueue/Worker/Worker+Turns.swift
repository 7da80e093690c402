// SPDX-License-Identifier: MIT

import Domain
import PQClient
import Synchronization

extension Worker {
    /// Lanes that have work, or will in a moment: they take their turn without being looked for.
    func join(_ lanes: [SightedLane], of queue: QueueName) {
        let now = ContinuousClock.now
        self.turns.withLock { $0[queue]?.board.join(lanes, now: now) }
    }

    /// There may be new work anywhere.
    func lookEverywhere() {
        self.turns.withLock { turns in
            for queue in turns.keys { turns[queue]?.scout.request() }
        }
        self.wake.signal()
    }

    /// Ends of runs are written: there is room for others, and their lanes may have more.
    func ended(_ finishes: [Finish]) {
        let now = ContinuousClock.now
        self.turns.withLock { turns in
            for finish in finishes {
                let lane = Lane(client: finish.job.client, account: finish.job.account ?? .none)
                turns[finish.job.queue]?.board.ended(lane)
                if finish.outcome == .released {
                    turns[finish.job.queue]?.board.join([SightedLane(lane: lane)], now: now)
                }
            }
        }
    }

    /// What a notification tells: a queue, and the lane when it is one.
    func heard(_ payload: String) {
        let words = payload.split(separator: " ").map(String.init)
        guard words.count == 3, let client = ClientID(words[1]), let account = AccountID(words[2]) else {
            self.lookEverywhere()
            return
        }
        self.join([SightedLane(lane: Lane(client: client, account: account))], of: QueueName(rawValue: words[0]))
        self.wake.signal()
    }

    /// When to look again without a signal: at the next poll, when something falls due, or when a parked lane may be asked.
    func nextLook() -> ContinuousClock.Instant {
        let poll = ContinuousClock.now + self.configuration.poll
        // With no room for a job nobody asks a lane; the end of a run wakes the loop.
        let queues = self.configuration.slots.keys.filter { self.freePlaces($0) > 0 }
        let unpark = self.turns.withLock { turns in queues.compactMap { turns[$0]?.board.nextUnpark }.min() }
        let alarm = self.control.withLock { $0.alarms.min() }
        return min(poll, unpark ?? poll, alarm ?? poll)
    }

    /// Looks everywhere once more after a pause, besides the polls.
    func setAlarm(_ pause: Duration) {
        let at = ContinuousClock.now + pause
        self.control.withLock { control in
            control.alarms = Array((control.alarms + [at]).sorted().prefix(200))
        }
        self.wake.signal()
    }

    /// Asks for a look everywhere when an alarm has passed.
    func takeAlarms() {
        let now = ContinuousClock.now
        let isTime = self.control.withLock { control in
            let count = control.alarms.count
            control.alarms.removeAll { $0 <= now }
            return control.alarms.count < count
        }
        guard isTime else { return }
        self.turns.withLock { turns in
            for queue in turns.keys { turns[queue]?.scout.request() }
        }
    }
}
