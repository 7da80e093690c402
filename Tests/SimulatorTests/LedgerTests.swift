// SPDX-License-Identifier: MIT

import Testing

@testable import Simulator

@Suite("Ledger")
struct LedgerTests {
    private static func attempt(_ marker: String = "[ph:a]", account: String = "1", kind: EffectKind = .post) -> Attempt
    {
        Attempt(
            sequence: 0, kind: kind, platform: "mock", account: account, endpoint: "POST /v1/posts",
            marker: Marker(text: marker), fingerprint: "f", requestID: "r", worldTime: WorldTime(milliseconds: 0),
            realTime: 0, position: 1, arrivedAt: 0)
    }

    private static func add(
        _ ledger: inout Ledger, _ attempt: Attempt = attempt(), effect: Bool, status: Int?, answer: Attempt.Answer,
        isLeaving: Bool = true
    ) -> Int {
        let sequence = ledger.arrive(attempt)
        ledger.settle(sequence, isLeaving: isLeaving) {
            $0.tookEffect = effect
            $0.status = status
            $0.answer = answer
        }
        return sequence
    }

    private static func read(_ ledger: inout Ledger, isLeaving: Bool = true) -> Int? {
        ledger.observe(platform: "mock", account: "1", isLeaving: isLeaving) { $0.kind == .post }
    }

    @Test("one attempt is no duplicate")
    func single() {
        var ledger = Ledger()
        _ = Self.add(&ledger, effect: true, status: 201, answer: .delivered)
        #expect(ledger.duplicates().isEmpty)
    }

    @Test("a second attempt after a delivered success is a duplicate even when it is refused")
    func afterSuccess() {
        var ledger = Ledger()
        _ = Self.add(&ledger, effect: true, status: 201, answer: .delivered)
        _ = Self.add(&ledger, effect: false, status: 409, answer: .delivered)
        #expect(ledger.duplicates() == [2])
    }

    @Test("a delivered refusal proves absence", arguments: [400, 401, 403, 409, 429])
    func afterRefusal(status: Int) {
        var ledger = Ledger()
        _ = Self.add(&ledger, effect: false, status: status, answer: .delivered)
        _ = Self.add(&ledger, effect: true, status: 201, answer: .delivered)
        #expect(ledger.duplicates().isEmpty)
    }

    @Test("a server error proves nothing", arguments: [500, 502, 503])
    func afterServerError(status: Int) {
        var ledger = Ledger()
        _ = Self.add(&ledger, effect: false, status: status, answer: .errorBeforeEffect)
        _ = Self.add(&ledger, effect: true, status: 201, answer: .delivered)
        #expect(ledger.duplicates() == [2])
    }

    @Test(
        "an answer that was withheld proves nothing", arguments: [Attempt.Answer.resetBeforeEffect, .resetAfterEffect])
    func afterReset(answer: Attempt.Answer) {
        var ledger = Ledger()
        _ = Self.add(&ledger, effect: false, status: nil, answer: answer)
        _ = Self.add(&ledger, effect: true, status: 201, answer: .delivered)
        #expect(ledger.duplicates() == [2])
    }

    @Test("a read of the own list without the post proves absence")
    func afterRead() {
        var ledger = Ledger()
        _ = Self.add(&ledger, effect: false, status: nil, answer: .resetBeforeEffect)
        #expect(Self.read(&ledger) != nil)
        _ = Self.add(&ledger, effect: true, status: 201, answer: .delivered)
        #expect(ledger.duplicates().isEmpty)
    }

    @Test("a read before the attempt proves nothing of it")
    func readTooEarly() {
        var ledger = Ledger()
        _ = Self.add(&ledger, Self.attempt("[ph:other]"), effect: false, status: nil, answer: .resetBeforeEffect)
        _ = Self.read(&ledger)
        _ = Self.add(&ledger, effect: false, status: nil, answer: .resetBeforeEffect)
        _ = Self.add(&ledger, effect: true, status: 201, answer: .delivered)
        #expect(ledger.duplicates() == [3])
    }

    @Test("a read whose answer was never delivered proves nothing")
    func readUndelivered() throws {
        var ledger = Ledger()
        _ = Self.add(&ledger, effect: false, status: nil, answer: .resetBeforeEffect)
        let read = try #require(Self.read(&ledger))
        ledger.undelivered(Ledger.Receipt(read: read))
        _ = Self.add(&ledger, effect: true, status: 201, answer: .delivered)
        #expect(ledger.duplicates() == [2])
    }

    @Test("a read that is answered only after the second attempt proves nothing")
    func readTooLate() throws {
        var ledger = Ledger()
        _ = Self.add(&ledger, effect: false, status: nil, answer: .resetBeforeEffect)
        let read = try #require(Self.read(&ledger, isLeaving: false))
        _ = Self.add(&ledger, effect: true, status: 201, answer: .delivered)
        ledger.answering(Ledger.Receipt(read: read))
        #expect(ledger.duplicates() == [2])
    }

    @Test("a refusal that leaves only after the second attempt proves nothing")
    func refusalTooLate() {
        var ledger = Ledger()
        let first = Self.add(&ledger, effect: false, status: 429, answer: .delivered, isLeaving: false)
        _ = Self.add(&ledger, effect: true, status: 201, answer: .delivered)
        ledger.answering(Ledger.Receipt(attempt: first))
        #expect(ledger.duplicates() == [2])
    }

    @Test("a refusal that the client did not wait for can be proven by a read")
    func refusalThenRead() {
        var ledger = Ledger()
        let first = Self.add(&ledger, effect: false, status: 429, answer: .delivered, isLeaving: false)
        _ = Self.read(&ledger)
        _ = Self.add(&ledger, effect: true, status: 201, answer: .delivered)
        ledger.undelivered(Ledger.Receipt(attempt: first))
        #expect(ledger.duplicates().isEmpty)
    }

    @Test("two effects are a duplicate whatever was read")
    func twoEffects() {
        var ledger = Ledger()
        _ = Self.add(&ledger, effect: true, status: nil, answer: .resetAfterEffect)
        _ = Self.read(&ledger)
        _ = Self.add(&ledger, effect: true, status: 201, answer: .delivered)
        #expect(ledger.duplicates() == [2])
    }

    @Test("a third attempt needs proof for both before it")
    func third() {
        var ledger = Ledger()
        _ = Self.add(&ledger, effect: false, status: nil, answer: .resetBeforeEffect)
        _ = Self.read(&ledger)
        _ = Self.add(&ledger, effect: false, status: nil, answer: .resetBeforeEffect)
        _ = Self.add(&ledger, effect: true, status: 201, answer: .delivered)
        #expect(ledger.duplicates() == [3])
    }

    @Test("the same marker of another account or kind is another effect")
    func otherKeys() {
        var ledger = Ledger()
        _ = Self.add(&ledger, effect: true, status: 201, answer: .delivered)
        _ = Self.add(&ledger, Self.attempt(account: "2"), effect: true, status: 201, answer: .delivered)
        _ = Self.add(&ledger, Self.attempt(kind: .comment), effect: true, status: 201, answer: .delivered)
        #expect(ledger.duplicates().isEmpty)
    }

    @Test("a repeat that the contract makes harmless is no duplicate")
    func harmless() {
        var ledger = Ledger()
        _ = Self.add(&ledger, effect: true, status: nil, answer: .resetAfterEffect)
        let repeated = ledger.arrive(Self.attempt())
        ledger.settle(repeated, isLeaving: true) {
            $0.isHarmlessRepeat = true
            $0.status = 200
            $0.answer = .delivered
        }
        #expect(ledger.duplicates().isEmpty)
    }

    @Test("a restored ledger judges as before and can still gain proofs")
    func restored() {
        var ledger = Ledger()
        _ = Self.add(&ledger, effect: false, status: nil, answer: .resetBeforeEffect)
        _ = Self.read(&ledger)
        var again = Ledger(restoring: ledger.attempts)
        _ = Self.add(&again, effect: false, status: nil, answer: .resetBeforeEffect)
        #expect(again.duplicates().isEmpty)
        _ = Self.add(&again, effect: true, status: 201, answer: .delivered)
        #expect(again.duplicates() == [3])
    }

    @Test(
        "the marker is the first whole token, or a hash of the normalised text",
        arguments: [
            ("Hello [ph:0a.B_c-9] world [ph:second]", "ph:0a.B_c-9"), ("[ph:] [ph:x y] [ph:ok]", "ph:ok"),
        ])
    func marker(text: String, expected: String) {
        #expect(Marker(text: text).value == expected)
    }

    @Test("texts that differ in case and white space only have the same marker")
    func normalised() {
        #expect(Marker(text: "Good  morning\n") == Marker(text: "good morning"))
        #expect(Marker(text: "Good morning") != Marker(text: "Good evening"))
        #expect(Marker(text: "Thanks", context: "1") != Marker(text: "Thanks", context: "2"))
    }
}
