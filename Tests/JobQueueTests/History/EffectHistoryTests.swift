// SPDX-License-Identifier: MIT

import Testing

@testable import JobQueue

@Suite("effect history")
struct EffectHistoryTests {
    private func rules(_ effects: [EffectRecord], _ arrivals: [ArrivalRecord]) -> Set<String> {
        Set(EffectHistory.findings(effects: effects, arrivals: arrivals).map(\.rule))
    }

    private func arrival(_ row: String, effect: Bool, duplicate: Bool = false, id: String? = nil) -> ArrivalRecord {
        ArrivalRecord(key: "a", row: row, tookEffect: effect, isDuplicate: duplicate, remoteID: id)
    }

    @Test("what was lost once, proven absent, sent again and confirmed is in order; so is what is unknown")
    func sound() {
        #expect(
            self.rules(
                [EffectRecord(key: "a", state: .confirmed, remoteID: "7", sends: ["absent", "confirmed"])],
                [self.arrival("1", effect: false), self.arrival("2", effect: true, id: "7")]
            ).isEmpty)
        #expect(
            self.rules(
                [EffectRecord(key: "a", state: .unknown, sends: ["unknown"])], [self.arrival("1", effect: true)]
            ).isEmpty)
        #expect(self.rules([EffectRecord(key: "a", state: .sending, sends: [nil])], []).isEmpty)
    }

    @Test("two effects are found, and so is a second call that the ledger calls a duplicate")
    func doubled() {
        let effect = EffectRecord(key: "a", state: .confirmed, sends: ["absent", "confirmed"])
        #expect(
            self.rules([effect], [self.arrival("1", effect: true), self.arrival("2", effect: true)]) == [
                EffectHistory.once
            ])
        #expect(
            self.rules([effect], [self.arrival("1", effect: true), self.arrival("2", effect: false, duplicate: true)])
                == [EffectHistory.once])
    }

    @Test("a call that passed no fence is found, whether its effect is known or not")
    func unfenced() {
        #expect(
            self.rules(
                [EffectRecord(key: "a", state: .confirmed, sends: ["confirmed"])],
                [self.arrival("1", effect: false), self.arrival("2", effect: true)]) == [EffectHistory.fenced])
        #expect(self.rules([], [self.arrival("1", effect: false)]) == [EffectHistory.fenced])
    }

    @Test("an effect that is believed absent is found", arguments: ["absent", "rejected", "not-sent"])
    func forgotten(outcome: String) {
        #expect(
            self.rules(
                [EffectRecord(key: "a", state: .prepared, sends: [outcome])], [self.arrival("1", effect: true)]) == [
                    EffectHistory.notForgotten
                ])
    }

    @Test("a confirmation of what does not exist is found, and one under another identity")
    func invented() {
        #expect(
            self.rules(
                [EffectRecord(key: "a", state: .confirmed, sends: ["confirmed"])], [self.arrival("1", effect: false)])
                == [EffectHistory.notInvented])
        #expect(
            self.rules(
                [EffectRecord(key: "a", state: .confirmed, remoteID: "8", sends: ["confirmed"])],
                [self.arrival("1", effect: true, id: "7")]) == [EffectHistory.notInvented])
    }

    @Test("findings of one rule are told together, with how often and where")
    func summary() {
        let violations = AuditReport.Violation.summarising([
            HistoryFinding("b", "2"), HistoryFinding("a", "3"), HistoryFinding("b", "1"),
        ])
        #expect(violations.map(\.description) == ["a: 1, for example 3", "b: 2, for example 1"])
    }
}
