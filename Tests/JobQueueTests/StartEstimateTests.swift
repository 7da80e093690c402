// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Testing

@testable import JobQueue

@Suite("When a job starts")
struct StartEstimateTests {
    private let now = Date(timeIntervalSince1970: 1_780_000_000)

    private func facts(_ change: (inout StartEstimate.Facts) -> Void) -> StartEstimate.Facts {
        var facts = StartEstimate.Facts(hindrances: [], now: self.now)
        facts.turn = JobExplanation.Turn(ahead: 0, aheadOfClient: 0, aheadOfOthers: 0, lanes: 1, clients: 1)
        facts.account = (slots: 4, taken: 0)
        facts.pool = PoolView(workers: 1, slots: 8, running: 0, free: 8)
        facts.accountRun = .seconds(10)
        facts.queueRun = .seconds(4)
        change(&facts)
        return facts
    }

    /// So many seconds from now on; nil when it is not known.
    private func wait(_ change: (inout StartEstimate.Facts) -> Void) -> Double? {
        guard case .about(let start, _) = StartEstimate(self.facts(change)) else { return nil }
        return start.timeIntervalSince(self.now)
    }

    private func gate(after seconds: Double) -> GateView {
        GateView(
            scope: .provider("p"), until: self.now.addingTimeInterval(seconds), reason: "429", since: self.now)
    }

    @Test("with free slots for all that go before it, it starts now")
    func free() {
        #expect(self.wait { $0.turn?.ahead = 3 } == 0)
        #expect(self.wait { $0.turn?.aheadOfOthers = 7 } == 0)
    }

    @Test("its own account's jobs before it share its slots, everybody's share the workers'; the longer wait counts")
    func waits() {
        #expect(self.wait { $0.turn?.ahead = 5 } == 5)
        #expect(self.wait { $0.turn?.aheadOfOthers = 11 } == 2)
        #expect(
            self.wait {
                $0.turn?.ahead = 5
                $0.turn?.aheadOfOthers = 26
            } == 12)
    }

    @Test("jobs of its account before it begin when its lane opens, what stops calls alone delays nothing")
    func gates() {
        #expect(self.wait { $0.hindrances = [.closed(self.gate(after: 60))] } == 60)
        #expect(
            self.wait {
                $0.hindrances = [.closed(self.gate(after: 60))]
                $0.turn?.ahead = 5
            } == 65)
        #expect(self.wait { $0.hindrances = [.endpointClosed(self.gate(after: 60), .always)] } == 0)
    }

    @Test("a client's limit is shared by the client's jobs, a platform's by everybody's")
    func limits() {
        let holders = [SlotHolder(job: JobID(), worker: WorkerID(), since: self.now)]
        for (scope, seconds) in [(LimitScope.client(ClientID()), 20.0), (.provider("p"), 50)] {
            #expect(
                self.wait {
                    $0.turn?.aheadOfClient = 1
                    $0.turn?.aheadOfOthers = 3
                    $0.limits = [RunningLimit(scope: scope, allowed: 1, holders: holders)]
                } == seconds)
        }
    }

    @Test("what was not counted, not said or never ran makes it unknown, never now")
    func unknown() {
        #expect(self.wait { $0.turn?.aheadOfOthers = nil } == nil)
        #expect(self.wait { $0.pool?.slots = nil } == nil)
        #expect(
            self.wait {
                $0.pool?.free = 0
                $0.queueRun = nil
            } == nil)
        #expect(self.wait { $0.hindrances = [.noWorker(serving: 1)] } == nil)
    }
}
