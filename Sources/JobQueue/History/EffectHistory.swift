// SPDX-License-Identifier: MIT

/// What the queue knows of one outside effect.
package struct EffectRecord: Sendable, Hashable {
    /// What tells the effect from all others on both sides.
    package var key: String
    /// What is known.
    package var state: EffectState
    /// The identity that the other side gave it, as far as the queue knows.
    package var remoteID: String?
    /// What was learned of each send, in order; nil while nothing was.
    package var sends: [String?]

    /// Makes a record.
    package init(key: String, state: EffectState, remoteID: String? = nil, sends: [String?]) {
        self.key = key
        self.state = state
        self.remoteID = remoteID
        self.sends = sends
    }
}

/// One call that reached the other side, from its own ledger.
package struct ArrivalRecord: Sendable, Hashable {
    /// What tells the effect from all others on both sides.
    package var key: String
    /// The row in the ledger, for a person.
    package var row: String
    /// Whether it took effect.
    package var tookEffect: Bool
    /// Whether the ledger calls it a duplicate: sent again without proof that the one before was absent.
    package var isDuplicate: Bool
    /// The identity of the effect.
    package var remoteID: String?

    /// Makes a record.
    package init(key: String, row: String, tookEffect: Bool, isDuplicate: Bool = false, remoteID: String? = nil) {
        self.key = key
        self.row = row
        self.tookEffect = tookEffect
        self.isDuplicate = isDuplicate
        self.remoteID = remoteID
    }
}

/// The proof, from the queue's effects beside the other side's own ledger, that each happened once and is known for what it is.
package enum EffectHistory {
    /// Nothing takes effect twice, nothing is sent again on a guess.
    package static let once = "an effect happens once, and is sent again only when proven absent"
    /// Every call has its send.
    package static let fenced = "a visible call that reached the platform has its send on record"
    /// What exists is not believed absent.
    package static let notForgotten = "what took effect is not taken for absent, refused or unsent"
    /// What is confirmed exists.
    package static let notInvented = "what is confirmed exists, under the identity that is on record"

    /// What both sides together show.
    ///
    /// - Parameters:
    ///   - effects: Every effect of the queue.
    ///   - arrivals: Every visible call of the ledger.
    /// - Returns: Nothing when the promises were kept.
    package static func findings(effects: [EffectRecord], arrivals: [ArrivalRecord]) -> [HistoryFinding] {
        let arrivalsByKey = Dictionary(grouping: arrivals, by: \.key)
        let known = Dictionary(grouping: effects, by: \.key)
        var findings: [HistoryFinding] = []
        for (key, arrivals) in arrivalsByKey {
            let took = arrivals.filter(\.tookEffect)
            let rows = arrivals.map(\.row).joined(separator: ", ")
            if took.count > 1 || arrivals.contains(where: \.isDuplicate) {
                findings.append(HistoryFinding(Self.once, "\(key), \(rows)"))
            }
            let sends = known[key, default: []].flatMap(\.sends)
            if sends.count < arrivals.count {
                findings.append(HistoryFinding(Self.fenced, "\(key), \(sends.count) sends, \(rows)"))
            }
            let isBelieved = sends.contains { $0 == nil || $0 == "unknown" || $0 == "confirmed" }
            if !took.isEmpty, !isBelieved {
                findings.append(HistoryFinding(Self.notForgotten, "\(key), \(rows)"))
            }
        }
        for effect in effects where effect.state == .confirmed {
            let took = arrivalsByKey[effect.key, default: []].filter(\.tookEffect)
            let isThere = took.contains { effect.remoteID == nil || $0.remoteID == effect.remoteID }
            if !isThere {
                let identity = effect.remoteID.map { " as \($0)" } ?? ""
                findings.append(HistoryFinding(Self.notInvented, effect.key + identity))
            }
        }
        return findings
    }
}
