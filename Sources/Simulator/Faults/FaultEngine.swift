// SPDX-License-Identifier: MIT

/// The fault rules in force, and the dice: the same seed and the same requests give the same faults.
struct FaultEngine: Sendable {
    /// What of a request the rules look at.
    struct Subject: Sendable {
        var platform: String
        var path: String
        var method: String
        var account: String?
        var handle: String?
    }

    /// The faults of one request, from all rules; of each kind the first rule's.
    struct Decision: Sendable {
        var latencyBefore: Duration?
        var latencyAfter: Duration?
        var status: FaultRule.InjectedStatus?
        var reset: FaultRule.Moment?
        var expiresToken = false
        var refusesReview = false
        var bytesPerSecond: Int?
        var hiddenSeconds: Double?
    }

    let seed: UInt64
    private(set) var rules: [FaultRule] = []
    private var added = 0

    init(seed: UInt64) { self.seed = seed }

    /// Adds rules from JSON: one rule, an array of rules, or `{"rules":[…]}`.
    ///
    /// - Throws: ``SimulatorError`` that names the rule; then none was added.
    mutating func add(_ json: JSONValue) throws(SimulatorError) -> [FaultRule] {
        let sources = json.array ?? json["rules"]?.array ?? [json]
        var fresh: [FaultRule] = []
        for (index, source) in sources.enumerated() {
            let rule = try FaultRule(parsing: source, id: "f\(self.added + index + 1)")
            guard !fresh.contains(where: { $0.id == rule.id }) else {
                throw SimulatorError(.invalidFaults, "Two fault rules have the id \(rule.id).")
            }
            fresh.append(rule)
        }
        self.added += fresh.count
        self.rules.removeAll { old in fresh.contains { $0.id == old.id } }
        self.rules.append(contentsOf: fresh)
        return fresh
    }

    /// Removes one rule, or all; returns how many.
    mutating func remove(id: String?) -> Int {
        let before = self.rules.count
        self.rules.removeAll { id == nil || $0.id == id }
        return before - self.rules.count
    }

    /// Rolls the dice for a request and counts it.
    mutating func decide(_ subject: Subject) -> Decision {
        var decision = Decision()
        for index in self.rules.indices where self.rules[index].match.fits(subject) {
            self.rules[index].seen += 1
            let rule = self.rules[index]
            guard rule.seen > rule.match.after, rule.hits < rule.match.times ?? .max else { continue }
            var dice = SplitMix64(seed: self.seed ^ stableHash("fault", rule.id, String(rule.seen)))
            guard dice.unit() < rule.match.probability else { continue }
            self.rules[index].hits += 1
            decision.merge(rule.action, &dice)
        }
        return decision
    }
}

extension FaultEngine.Decision {
    fileprivate mutating func merge(_ action: FaultRule.Action, _ dice: inout SplitMix64) {
        if let latency = action.latency {
            if action.isLatencyBeforeEffect {
                self.latencyBefore = self.latencyBefore ?? latency.draw(&dice)
            } else {
                self.latencyAfter = self.latencyAfter ?? latency.draw(&dice)
            }
        }
        self.status = self.status ?? action.status
        self.reset = self.reset ?? action.reset
        self.expiresToken = self.expiresToken || action.expiresToken
        self.refusesReview = self.refusesReview || action.refusesReview
        self.bytesPerSecond = self.bytesPerSecond ?? action.bytesPerSecond
        self.hiddenSeconds = self.hiddenSeconds ?? action.hiddenSeconds
    }
}

extension FaultRule.Match {
    /// Whether a request is one of those the rule is for, the dice apart.
    func fits(_ subject: FaultEngine.Subject) -> Bool {
        (self.platform == nil || self.platform == subject.platform)
            && (self.method == nil || self.method == subject.method)
            && (self.account == nil || self.account == subject.account || self.account == subject.handle)
            && (self.endpoint.map { Glob.matches($0, subject.path) } ?? true)
    }
}

/// Patterns in which `*` stands for any characters.
enum Glob {
    /// Whether the whole text fits the pattern.
    static func matches(_ pattern: String, _ text: String) -> Bool {
        let pattern = Array(pattern.utf8)
        let text = Array(text.utf8)
        var patternIndex = 0
        var textIndex = 0
        var star: (pattern: Int, text: Int)?
        while textIndex < text.count {
            if patternIndex < pattern.count, pattern[patternIndex] == UInt8(ascii: "*") {
                star = (patternIndex, textIndex)
                patternIndex += 1
            } else if patternIndex < pattern.count, pattern[patternIndex] == text[textIndex] {
                patternIndex += 1
                textIndex += 1
            } else if let last = star {
                star = (last.pattern, last.text + 1)
                patternIndex = last.pattern + 1
                textIndex = last.text + 1
            } else {
                return false
            }
        }
        return pattern[patternIndex...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
