// SPDX-License-Identifier: MIT

extension Ledger {
    /// Which attempts a reader asks for.
    struct Filter: Sendable {
        var platform: String?
        var account: String?
        var marker: String?
        var kind: String?
        var duplicatesOnly = false
        /// Sequence number to start after.
        var after = 0
        var limit = 100_000
    }

    /// The attempts that fit a filter, in order, and whether there are more.
    func report(_ filter: Filter) -> JSONValue {
        let duplicates = self.duplicates()
        var entries: [JSONValue] = []
        var next: Int?
        for attempt in self.attempts.dropFirst(max(0, filter.after)) {
            guard filter.platform == nil || attempt.platform == filter.platform,
                filter.account == nil || attempt.account == filter.account,
                filter.marker == nil || attempt.marker.value == filter.marker,
                filter.kind == nil || attempt.kind.rawValue == filter.kind,
                !filter.duplicatesOnly || duplicates.contains(attempt.sequence)
            else { continue }
            if entries.count >= filter.limit {
                next = attempt.sequence - 1
                break
            }
            entries.append(attempt.report(isDuplicate: duplicates.contains(attempt.sequence)))
        }
        return ["entries": .array(entries), "next_after": next.map { JSONValue($0) }]
    }

    /// Counts in all and per platform.
    func summary() -> JSONValue {
        let duplicates = self.duplicates()
        let platforms = Set(self.attempts.map(\.platform)).sorted()
        var perPlatform = JSONObject()
        for platform in platforms {
            perPlatform[platform] = .object(Self.counts(self.attempts.filter { $0.platform == platform }, duplicates))
        }
        var summary = Self.counts(self.attempts, duplicates)
        summary["platforms"] = .object(perPlatform)
        return .object(summary)
    }

    private static func counts(_ attempts: [Attempt], _ duplicates: Set<Int>) -> JSONObject {
        var kinds = JSONObject()
        for kind in EffectKind.allCases {
            let ofKind = attempts.filter { $0.kind == kind }
            guard !ofKind.isEmpty else { continue }
            kinds[kind.rawValue] = [
                "attempts": JSONValue(ofKind.count),
                "effects": JSONValue(ofKind.count { $0.tookEffect }),
                "distinct_markers": JSONValue(Set(ofKind.map(\.key)).count),
                "effective_markers": JSONValue(Set(ofKind.filter(\.tookEffect).map(\.key)).count),
                "duplicates": JSONValue(ofKind.count { duplicates.contains($0.sequence) }),
            ]
        }
        return [
            "attempts": JSONValue(attempts.count),
            "effects": JSONValue(attempts.count { $0.tookEffect }),
            "distinct_markers": JSONValue(Set(attempts.map(\.key)).count),
            "effective_markers": JSONValue(Set(attempts.filter(\.tookEffect).map(\.key)).count),
            "duplicates": JSONValue(attempts.count { duplicates.contains($0.sequence) }),
            "refused": JSONValue(attempts.count { $0.isRefusal }),
            "withheld": JSONValue(attempts.count { $0.answer != .delivered && $0.answer != .pending }),
            "harmless_repeats": JSONValue(attempts.count { $0.isHarmlessRepeat }),
            "kinds": .object(kinds),
        ]
    }
}

extension Attempt {
    /// The attempt as the admin endpoint shows it.
    func report(isDuplicate: Bool) -> JSONValue {
        [
            "sequence": JSONValue(self.sequence),
            "kind": .string(self.kind.rawValue),
            "platform": .string(self.platform),
            "account": .string(self.account),
            "endpoint": .string(self.endpoint),
            "marker": .string(self.marker.value),
            "fingerprint": .string(self.fingerprint),
            "request_id": .string(self.requestID),
            "world_time": .string(self.worldTime.iso8601),
            "real_time": .string(WorldTime(epochSeconds: self.realTime).iso8601),
            "took_effect": .bool(self.tookEffect),
            "answer": .string((self.isHeldBack ? Answer.pending : self.answer).rawValue),
            "status": self.status.map { JSONValue($0) },
            "remote_id": self.remoteID.map { .string($0) },
            "harmless_repeat": .bool(self.isHarmlessRepeat),
            "duplicate": .bool(isDuplicate),
        ]
    }
}
