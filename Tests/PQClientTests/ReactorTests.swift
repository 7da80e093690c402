// SPDX-License-Identifier: MIT

import Testing

@testable import PQClient

@Suite
struct ReactorTests {
    private let reactor = SocketReactor.shared

    @Test("a wait that is woken before it begins ends at once")
    func early() async {
        let point = WaitPoint()
        point.end(.ready([]))
        #expect(await self.reactor.park(point, until: .now + .seconds(60)) == .ready([]))
    }

    @Test("a wait in a cancelled task ends at once")
    func cancelled() async {
        let reactor = self.reactor
        let wake = await Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await reactor.park(WaitPoint(), until: .now + .seconds(60))
        }.value
        #expect(wake == .cancelled)
    }

    @Test("a wait that may not be cancelled outlasts its task's cancellation")
    func shielded() async {
        let reactor = self.reactor
        let wake = await Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await reactor.park(WaitPoint(), until: .now + .milliseconds(20), isCancellable: false)
        }.value
        #expect(wake == .deadline)
    }

    @Test("deadlines are met in any order of arrival")
    func deadlines() async {
        let reactor = self.reactor
        let wakes = await withTaskGroup(of: Duration.self) { group in
            for delay in [80, 10, 40, 20, 60] {
                group.addTask {
                    let deadline = ContinuousClock.now + .milliseconds(delay)
                    _ = await reactor.park(WaitPoint(), until: deadline)
                    return ContinuousClock.now - deadline
                }
            }
            return await group.reduce(into: [Duration]()) { $0.append($1) }
        }
        #expect(wakes.allSatisfy { $0 >= .zero })
    }
}
