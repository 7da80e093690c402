// SPDX-License-Identifier: MIT

import Domain
import Testing

@testable import JobQueue

@Suite("How many jobs go before one")
struct TurnPositionTests {
    private let client = ClientID()
    private let account = AccountID()

    private var lane: Lane { Lane(client: self.client, account: self.account) }

    private func waiting(_ client: ClientID, _ counts: Int..., weight: Int = 1) -> [TurnPosition.Waiting] {
        counts.map { .init(lane: Lane(client: client, account: AccountID()), weight: weight, count: $0) }
    }

    private func own(_ count: Int, weight: Int = 1) -> TurnPosition.Waiting {
        TurnPosition.Waiting(lane: self.lane, weight: weight, count: count)
    }

    @Test("the other accounts of its client have a turn for each of its own account's, as long as they have work")
    func accounts() {
        let waiting = [self.own(5)] + self.waiting(self.client, 1, 3, 100)
        let position = TurnPosition(of: self.lane, ahead: 1, among: waiting, isWhole: true)
        #expect(position.ofClient == 1 + 2 + 2 && position.ofOthers == 0)
    }

    @Test("another client has as many jobs for each of its client's as its weight says, and no more than it has")
    func clients() {
        let waiting =
            [self.own(3, weight: 2)] + self.waiting(ClientID(), 50, 50) + self.waiting(ClientID(), 1)
            + self.waiting(ClientID(), 100, weight: 3)
        let position = TurnPosition(of: self.lane, ahead: 2, among: waiting, isWhole: true)
        // Its own turn is the second of its client: two jobs a turn.
        #expect(position.ofClient == 0 && position.ofOthers == 2 + 1 + 6)
    }

    @Test("a flood of another client puts a lone job back by one turn")
    func flood() {
        let waiting = [self.own(1)] + self.waiting(ClientID(), TurnPosition.most)
        #expect(TurnPosition(of: self.lane, ahead: 0, among: waiting, isWhole: true).ofOthers == 1)
    }

    @Test("what was not counted to its end is not told")
    func unknown() {
        let cut = TurnPosition(of: self.lane, ahead: 0, among: [self.own(1)], isWhole: false)
        #expect(cut.ofClient == nil && cut.ofOthers == nil)
        let deep = TurnPosition.most + 10
        let rivals = TurnPosition(
            of: self.lane, ahead: deep,
            among: [self.own(TurnPosition.most)] + self.waiting(ClientID(), TurnPosition.most),
            isWhole: true)
        #expect(rivals.ofClient == 0 && rivals.ofOthers == nil)
        let siblings = TurnPosition(
            of: self.lane, ahead: deep,
            among: [self.own(TurnPosition.most)] + self.waiting(self.client, TurnPosition.most), isWhole: true)
        #expect(siblings.ofClient == nil && siblings.ofOthers == nil)
    }
}
