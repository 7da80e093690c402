// SPDX-License-Identifier: MIT

import Testing

@testable import JobQueue

@Suite("Jobs ahead")
struct JobsInHandTests {
    static let start = ContinuousClock.now

    /// Jobs of a length, one after another in every slot, for a second.
    struct Hand {
        var hand: JobsInHand
        var now = JobsInHandTests.start
        var running: [Int64] = []
        var last: Int64 = 0

        init(slots: Int, jobs: Duration) {
            self.hand = JobsInHand(slots: slots, beginsAtOnce: false)
            for _ in 0..<slots { self.begin() }
            while self.now + jobs <= JobsInHandTests.start + .seconds(1) {
                self.now += jobs
                for lease in self.running {
                    _ = self.hand.end(lease, hasRun: true, at: self.now)
                    self.begin()
                }
                self.running.removeFirst(slots)
            }
        }

        mutating func begin() {
            self.last += 1
            self.running.append(self.last)
            _ = self.hand.take(self.last, at: self.now)
        }

        func room(after milliseconds: Int = 0) -> Int {
            self.hand.room(ahead: nil, at: self.now + .milliseconds(milliseconds))
        }
    }

    @Test(
        "as many jobs as the slots get through in twenty milliseconds, at most one a slot, and none when jobs are long",
        arguments: [
            (100, Duration.milliseconds(40), 50), (100, .milliseconds(80), 25), (100, .milliseconds(100), 0),
            (16, .seconds(1), 0), (512, .milliseconds(1), 512),
        ])
    func reach(slots: Int, jobs: Duration, ahead: Int) {
        let hand = Hand(slots: slots, jobs: jobs)
        #expect(hand.room() == ahead)
        // Whenever it is asked, also when many have just ended at once: a queue of long jobs has none ahead.
        if ahead == 0 { for time in stride(from: 0, to: 2_000, by: 7) { #expect(hand.room(after: time) == 0) } }
    }

    @Test("nothing is taken ahead before anything has ended, and nothing any more when jobs begin to hang")
    func unknown() {
        #expect(JobsInHand(slots: 4, beginsAtOnce: false).room(ahead: nil, at: Self.start) == 4)
        let hand = Hand(slots: 512, jobs: .milliseconds(1))
        #expect(hand.room(after: 60) > 0 && hand.room(after: 100) == 0)
    }

    @Test("what goes back without having run does not make jobs look short")
    func unrun() {
        var hand = JobsInHand(slots: 1, beginsAtOnce: false)
        for lease in Int64(1)...9 { _ = hand.take(lease, at: Self.start) }
        for lease in Int64(2)...9 {
            hand.stopWaiting(lease)
            #expect(hand.end(lease, hasRun: false, at: Self.start) == nil)
        }
        #expect(hand.room(ahead: nil, at: Self.start + .milliseconds(1)) == 0)
        #expect(hand.end(1, hasRun: false, at: Self.start + .seconds(1)) == nil)
        #expect(hand.room(ahead: nil, at: Self.start + .seconds(1)) == 1)
    }
}
