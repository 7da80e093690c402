// SPDX-License-Identifier: MIT

import Testing
import WireRelay

@testable import App

@Suite("replies lost in chaos")
struct ReplyLossTests {
    private func ask(_ loss: ReplyLoss, _ connection: Int, _ type: Character = "Q") -> WireVerdict {
        loss.verdict(WireMessage(direction: .toServer, type: type, connection: connection))
    }

    private func answer(_ loss: ReplyLoss, _ connection: Int, _ type: Character, _ status: Character? = nil)
        -> WireVerdict
    {
        loss.verdict(WireMessage(direction: .toClient, type: type, connection: connection, status: status))
    }

    @Test("nothing is lost unless it is to be")
    func untouched() {
        let loss = ReplyLoss()
        #expect(self.ask(loss, 0, "^") == .pass && self.answer(loss, 0, "Z", "I") == .pass)
        #expect(self.ask(loss, 0) == .pass && self.answer(loss, 0, "Z", "I") == .pass)
        #expect(loss.counts == ReplyLoss.Counts())
    }

    @Test(
        "of several statements under way the last reply ends the connection, and all of theirs are kept back until then"
    )
    func pipelined() {
        let loss = ReplyLoss()
        #expect(self.ask(loss, 0, "P") == .pass && self.ask(loss, 0, "S") == .pass)
        loss.loseOne(after: 1)
        #expect(self.ask(loss, 0, "S") == .pass && self.ask(loss, 0, "S") == .pass)
        #expect(self.answer(loss, 0, "Z", "I") == .swallow)
        #expect(self.answer(loss, 0, "D") == .swallow && self.answer(loss, 0, "Z", "I") == .swallow)
        #expect(loss.counts.lost == 0)
        #expect(self.answer(loss, 0, "C") == .swallow && self.answer(loss, 0, "Z", "I") == .cut)
        #expect(loss.counts == ReplyLoss.Counts(lost: 1, committed: 1))
    }

    @Test("one connection's loss leaves the others alone, and a client's first message is no statement")
    func others() {
        let loss = ReplyLoss()
        loss.loseOne(after: 1)
        #expect(self.ask(loss, 0, "^") == .pass && self.ask(loss, 1) == .pass && self.ask(loss, 2) == .pass)
        #expect(self.answer(loss, 0, "Z", "I") == .pass)
        #expect(self.answer(loss, 1, "D") == .pass && self.answer(loss, 1, "Z", "I") == .pass)
        #expect(self.answer(loss, 2, "D") == .swallow && self.answer(loss, 2, "Z", "I") == .cut)
    }

    @Test(
        "a reply tells of what is committed when the server is in no transaction after it", arguments: ["I", "T", "E"])
    func committed(status: Character) {
        let loss = ReplyLoss()
        loss.loseOne(after: 0)
        #expect(self.ask(loss, 0) == .pass && self.answer(loss, 0, "Z", status) == .cut)
        #expect(loss.counts == ReplyLoss.Counts(lost: 1, committed: status == "I" ? 1 : 0))
    }
}
