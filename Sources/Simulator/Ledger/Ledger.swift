// SPDX-License-Identifier: MIT

/// Every attempted visible effect, and what the client could know of each.
///
/// A later attempt with the same account, kind and marker is a *duplicate* unless each earlier one was provably absent
/// before it arrived. Proof is a refusal (4xx) that started to leave, whole, before; or a read of the account's own
/// list, after the earlier attempt and answered before the later one, that covered it and did not show it. Two effects
/// are a duplicate whatever was read.
struct Ledger: Sendable {
    /// Names the attempt and the read whose answer is on its way.
    struct Receipt: Sendable, Hashable {
        var attempt: Int?
        var read: Int?
    }

    private struct Read: Sendable {
        var answeredAt: Int?
        var isDelivered = true
    }

    private(set) var attempts: [Attempt] = []
    private var reads: [Read] = []
    private var events = 0
    /// Attempts by what they are for, in order.
    private var byKey: [Attempt.Key: [Int]] = [:]
    /// Attempts that had others before them, with those.
    private var repeats: [(sequence: Int, earlier: [Int])] = []
    /// Attempts of an account that the client cannot be sure about: only these can gain a proof from a read.
    private var open: [String: Set<Int>] = [:]

    /// Makes an empty ledger, or one with the attempts of an earlier run, whose proofs by reading are kept.
    init(restoring attempts: [Attempt] = []) {
        self.attempts = attempts
        for attempt in attempts {
            self.index(attempt)
            self.events = max(self.events, attempt.arrivedAt, attempt.answeredAt ?? 0)
            let highest = (attempt.absenceReads.max() ?? -1) + 1
            while self.reads.count < highest { self.reads.append(Read(answeredAt: 0)) }
            if !attempt.isConfirmed, !attempt.isRefusal {
                self.open[Self.owner(of: attempt), default: []].insert(attempt.sequence)
            }
        }
    }

    private static func owner(of attempt: Attempt) -> String { "\(attempt.platform)/\(attempt.account)" }

    /// Records the arrival of an attempt; returns its sequence number.
    mutating func arrive(_ attempt: Attempt) -> Int {
        self.events += 1
        var attempt = attempt
        attempt.sequence = self.attempts.count + 1
        attempt.arrivedAt = self.events
        self.attempts.append(attempt)
        self.index(attempt)
        return attempt.sequence
    }

    private mutating func index(_ attempt: Attempt) {
        let earlier = self.byKey[attempt.key, default: []]
        if !earlier.isEmpty { self.repeats.append((attempt.sequence, earlier)) }
        self.byKey[attempt.key] = earlier + [attempt.sequence]
    }

    /// Records what became of an attempt.
    ///
    /// - Parameters:
    ///   - sequence: The number that ``arrive(_:)`` gave.
    ///   - isLeaving: Whether the answer starts to leave at once; otherwise ``answering(_:)`` follows.
    ///   - change: Writes the outcome into the attempt.
    mutating func settle(_ sequence: Int, isLeaving: Bool, _ change: (inout Attempt) -> Void) {
        change(&self.attempts[sequence - 1])
        self.refreshOpen(sequence)
        if isLeaving { self.answering(Receipt(attempt: sequence)) }
    }

    /// Records a read of an account's own list that did not show what `isAbsent` names; returns its number if it proved
    /// anything.
    mutating func observe(platform: String, account: String, isLeaving: Bool, isAbsent: (Attempt) -> Bool) -> Int? {
        guard let open = self.open["\(platform)/\(account)"], !open.isEmpty else { return nil }
        let absent = open.filter { isAbsent(self.attempts[$0 - 1]) }
        guard !absent.isEmpty else { return nil }
        let number = self.reads.count
        self.reads.append(Read())
        for sequence in absent { self.attempts[sequence - 1].absenceReads.append(number) }
        if isLeaving { self.answering(Receipt(read: number)) }
        return number
    }

    /// Records that an answer starts to leave now.
    mutating func answering(_ receipt: Receipt) {
        self.events += 1
        if let sequence = receipt.attempt {
            self.attempts[sequence - 1].answeredAt = self.events
            self.refreshOpen(sequence)
        }
        if let read = receipt.read { self.reads[read].answeredAt = self.events }
    }

    /// Records that an answer could not be written whole: the client knows nothing from it.
    mutating func undelivered(_ receipt: Receipt) {
        if let sequence = receipt.attempt {
            self.attempts[sequence - 1].answer = .clientGone
            self.refreshOpen(sequence)
        }
        if let read = receipt.read { self.reads[read].isDelivered = false }
    }

    private mutating func refreshOpen(_ sequence: Int) {
        let attempt = self.attempts[sequence - 1]
        if attempt.answeredAt != nil, attempt.isConfirmed || attempt.isRefusal {
            self.open[Self.owner(of: attempt)]?.remove(sequence)
        } else {
            self.open[Self.owner(of: attempt), default: []].insert(sequence)
        }
    }

    /// The sequence numbers of the duplicates.
    func duplicates() -> Set<Int> {
        var duplicates: Set<Int> = []
        for (sequence, all) in self.repeats {
            let attempt = self.attempts[sequence - 1]
            if attempt.isHarmlessRepeat { continue }
            // The platform itself sees to it that one upload or container is published once.
            let earlier = all.map { self.attempts[$0 - 1] }.filter {
                !$0.isHarmlessRepeat && ($0.handle == nil || $0.handle != attempt.handle)
            }
            let isProven = earlier.allSatisfy { self.isKnownAbsent($0, before: attempt.arrivedAt) }
            let isSecondEffect = attempt.tookEffect && earlier.contains { $0.tookEffect }
            if !isProven || isSecondEffect { duplicates.insert(sequence) }
        }
        return duplicates
    }

    private func isKnownAbsent(_ attempt: Attempt, before event: Int) -> Bool {
        if attempt.isRefusal, let answeredAt = attempt.answeredAt, answeredAt < event { return true }
        return attempt.absenceReads.contains { number in
            let read = self.reads[number]
            guard read.isDelivered, let answeredAt = read.answeredAt else { return false }
            return answeredAt < event
        }
    }
}
