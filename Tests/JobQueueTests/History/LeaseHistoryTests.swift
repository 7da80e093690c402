// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Testing

@testable import JobQueue

@Suite("lease history")
struct LeaseHistoryTests {
    private let job = JobID()

    private func run(
        _ lease: Int64?, event: Int64?, from start: Double? = nil, to end: Double? = nil, final: Bool = false,
        generation: Int = 1
    ) -> LeaseRecord {
        LeaseRecord(
            job: self.job, lease: lease, generation: generation, fate: .ended(isFinal: final), event: event,
            startedAt: start.map(Date.init(timeIntervalSince1970:)), endedAt: end.map(Date.init(timeIntervalSince1970:))
        )
    }

    private func held(_ lease: Int64, from start: Double? = nil, generation: Int = 1) -> LeaseRecord {
        LeaseRecord(
            job: self.job, lease: lease, generation: generation, fate: .current,
            startedAt: start.map(Date.init(timeIntervalSince1970:)))
    }

    private func stale(_ lease: Int64, event: Int64) -> LeaseRecord {
        LeaseRecord(job: self.job, lease: lease, fate: .stale, event: event)
    }

    private func rules(_ records: [LeaseRecord]) -> Set<String> {
        let forward = Set(LeaseHistory.findings(of: records).map(\.rule))
        // The order of the rows is no part of what they say.
        #expect(Set(LeaseHistory.findings(of: records.reversed()).map(\.rule)) == forward)
        return forward
    }

    @Test("a job that crashed, was tried again, was reported late, ended, was brought back and runs is in order")
    func sound() {
        #expect(
            self.rules([
                self.run(3, event: 10, from: 1, to: 2), self.run(7, event: 11, from: 2, to: 3),
                self.stale(3, event: 12),
                self.run(9, event: 20, from: 3, to: 4, final: true), self.held(12, from: 5, generation: 2),
            ]).isEmpty)
        #expect(self.rules([self.run(nil, event: 4, to: 9, final: true)]).isEmpty)
    }

    @Test("a lease that ended twice is found, and one that ended and is held")
    func endsTwice() {
        #expect(self.rules([self.run(3, event: 10), self.run(3, event: 11)]) == [LeaseHistory.endsOnce])
        #expect(self.rules([self.run(3, event: 10), self.held(3)]) == [LeaseHistory.endsOnce])
    }

    @Test("a lease that was given while another was held is found, by the order of ends and by the times")
    func overlap() {
        #expect(self.rules([self.held(3), self.held(4)]) == [LeaseHistory.oneAtATime])
        #expect(self.rules([self.held(3), self.run(4, event: 10)]) == [LeaseHistory.oneAtATime])
        #expect(self.rules([self.run(3, event: 11), self.run(4, event: 10)]) == [LeaseHistory.oneAtATime])
        #expect(
            self.rules([self.run(3, event: 10, from: 1, to: 3), self.run(4, event: 11, from: 2.9, to: 4)]) == [
                LeaseHistory.oneAtATime
            ])
        #expect(
            self.rules([self.run(3, event: 10, from: 1, to: 3), self.held(4, from: 2.9)]) == [LeaseHistory.oneAtATime])
    }

    @Test("an end that comes late to a lease that nobody took away is found")
    func lateToACurrentLease() {
        #expect(self.rules([self.stale(3, event: 10), self.held(3)]) == [LeaseHistory.lateChangesNothing])
        #expect(self.rules([self.stale(3, event: 10), self.run(3, event: 11)]) == [LeaseHistory.lateChangesNothing])
        #expect(self.rules([self.stale(3, event: 10), self.run(4, event: 9)]) == [LeaseHistory.lateChangesNothing])
    }

    @Test("what runs or ends after its job's end is found, unless the job was brought back")
    func afterTheEnd() {
        #expect(self.rules([self.run(3, event: 10, final: true), self.held(4)]) == [LeaseHistory.endIsLast])
        #expect(self.rules([self.run(3, event: 10, final: true), self.run(4, event: 11)]) == [LeaseHistory.endIsLast])
        #expect(
            self.rules([self.run(nil, event: 10, final: true), self.run(4, event: 11)]) == [LeaseHistory.endIsLast])
        #expect(self.rules([self.run(3, event: 10, final: true), self.held(4, generation: 2)]).isEmpty)
    }
}
