// SPDX-License-Identifier: MIT

import Testing

@testable import JobQueue

@Suite("Jobs ahead")
struct JobsInHandTests {
    static let start = ContinuousClock.now

    /// A hand of one queue in which jobs of a length are always at work in every slot, for a second.
    static func hand(slots: Int, jobs: Duration) -> JobsInHand {
        var hand = JobsInHand(slots: slots, beginsAtOnce: false)
        var now = Self.start
        for lease in 1...Int64(slots) { _ = hand.take(lease, at: now) }
        while now < Self.start + .seconds(1) {
            now += jobs
            for lease in 1...Int64(slots) {
                _ = hand.end(hadSlot: true, at: now)
                _ = hand.take(lease, at: now)
            }
            _ = hand.room(ahead: nil, at: now)
        }
        return hand
    }

    @Test(
        "as many jobs as the slots get through in twenty milliseconds, and never more than there are slots",
        arguments: [
            (100, Duration.milliseconds(50), 40), (100, .milliseconds(200), 10), (16, .seconds(2), 0),
            (512, .milliseconds(1), 512),
        ])
    func reach(slots: Int, jobs: Duration, ahead: Int) {
        var hand = Self.hand(slots: slots, jobs: jobs)
        // Two pauses later at most: the window that the ends are counted in.
        #expect((0...1).map { hand.room(ahead: nil, at: Self.start + .seconds(1) + jobs * $0) }.max() == ahead)
    }

    @Test("nothing is taken ahead before anything has ended, and soon nothing any more when nothing ends")
    func idle() {
        var fresh = JobsInHand(slots: 4, beginsAtOnce: false)
        #expect(fresh.room(ahead: nil, at: Self.start) == 4)
        var hand = Self.hand(slots: 512, jobs: .milliseconds(1))
        let late = Self.start + .seconds(1) + JobsInHand.reach
        _ = hand.room(ahead: nil, at: late)
        #expect(hand.room(ahead: nil, at: late + JobsInHand.reach) == 0)
    }
}
