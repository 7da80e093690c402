// SPDX-License-Identifier: MIT

import Testing

@testable import JobQueue

@Suite("sliding windows")
struct SlidingWindowTests {
    @Test("the fullest window is found wherever it begins, and the same as by looking at every one")
    func fullest() {
        var seed: UInt64 = 7
        for _ in 0..<200 {
            let times = (0..<40).map { _ in
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Double(seed >> 33).truncatingRemainder(dividingBy: 100)
            }.sorted()
            let expected = times.map { start in times.count { $0 >= start && $0 < start + 10 } }.max()
            let window = SlidingWindow(times: times, window: 10)
            #expect(window.most == expected && window.range.count == expected)
            #expect(times[window.range.upperBound - 1] - times[window.range.lowerBound] < 10)
        }
    }

    @Test("one call too many in a window that no clock's hand begins is found, one more a window later is not")
    func limit() {
        let kept = [0.0, 9, 10, 19.5, 20]
        let shown = LimitHistory("posts", calls: 2, window: 10, arrivals: kept.shuffled())
        #expect(shown.finding == nil && shown.most == 2)
        let broken = LimitHistory("posts", calls: 2, window: 10, arrivals: kept + [18.9])
        #expect(broken.finding?.rule == LimitHistory.kept)
        #expect(broken.finding?.rows.hasPrefix("posts: 3 calls between 9.0 and 18.9") == true)
        let none = LimitHistory("posts", calls: 1, window: 10, arrivals: [])
        #expect(none.finding == nil && none.most == 0)
    }
}
