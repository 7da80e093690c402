// SPDX-License-Identifier: MIT

/// A paid promotion on the mock platform; what it spent and brought follows from its dates alone.
struct SimulatedCampaign: Sendable, Codable {
    enum Status: String, Sendable, Codable {
        case paused
        case inReview = "in_review"
        case active
        case completed
        case stopped
        case rejected
    }

    struct Budget: Sendable, Codable, Equatable {
        var amountMinor: Int
        var currency: String
        var isDaily: Bool
    }

    /// What was bought, apart from the post's own counters.
    struct Results: Sendable, Equatable {
        var impressions = 0
        var reach = 0
        var engagements = 0
        var clicks = 0
        var follows = 0
    }

    /// Seconds from activation to the end of the review.
    static let reviewSeconds = 900.0

    var id: String
    var serial: Int
    var account: AccountKey
    var marker: Marker
    var name: String
    var postID: String
    var objective: String
    var budget: Budget
    /// The audience as it was sent, as JSON text.
    var audience: String?
    var callToAction: String?
    var createdAt: WorldTime
    var startsAt: WorldTime
    var endsAt: WorldTime
    var activatedAt: WorldTime?
    var stoppedAt: WorldTime?

    /// Whether the review will refuse it.
    var isRefusedByReview: Bool { self.name.contains("mock:reject") }

    private var reviewedAt: WorldTime? { self.activatedAt.map { $0 + Self.reviewSeconds } }

    /// When spending starts: after the review, not before the start date.
    var deliversFrom: WorldTime? {
        guard let reviewedAt = self.reviewedAt, !self.isRefusedByReview else { return nil }
        return max(reviewedAt, self.startsAt)
    }

    /// Where it stands at an instant.
    func status(at now: WorldTime) -> Status {
        if let stoppedAt = self.stoppedAt, stoppedAt <= now { return .stopped }
        guard let reviewedAt = self.reviewedAt else { return now >= self.endsAt ? .completed : .paused }
        if now < reviewedAt { return .inReview }
        if self.isRefusedByReview { return .rejected }
        return now >= self.endsAt ? .completed : .active
    }

    /// Minor units spent until an instant: evenly over the run; a daily budget pays for the seconds of each day that
    /// were left.
    func spend(at now: WorldTime) -> Int {
        guard let from = self.deliversFrom else { return 0 }
        let until = min(now, self.endsAt, self.stoppedAt ?? self.endsAt)
        guard until > from else { return 0 }
        let seconds = until - from
        if self.budget.isDaily {
            return Int((Double(self.budget.amountMinor) * seconds / 86_400).rounded(.down))
        }
        let share = seconds / (self.endsAt - from)
        return min(self.budget.amountMinor, Int((Double(self.budget.amountMinor) * share).rounded(.down)))
    }

    /// What the money brought until an instant, by a price that belongs to the campaign.
    func results(at now: WorldTime, seed: UInt64) -> Results {
        var dice = SplitMix64(seed: seed ^ stableHash("campaign", self.id))
        let unit = Double(Currency.minorUnits(of: self.budget.currency))
        // About 5.00 for a thousand impressions; 100 times that where the currency has no cents.
        let price = (4 + 2 * dice.unit()) * (unit == 1 ? 100 : unit) / 1000
        let impressions = Double(self.spend(at: now)) / price
        let rate = (self.objective == "engagement" ? 0.03 : 0.012) * (0.8 + 0.4 * dice.unit())
        let clicks = (self.objective == "traffic" ? 0.02 : 0.006) * (0.8 + 0.4 * dice.unit())
        let follows = (self.objective == "followers" ? 0.004 : 0.0005) * (0.8 + 0.4 * dice.unit())
        return Results(
            impressions: Int(impressions), reach: Int(impressions * 0.7), engagements: Int(impressions * rate),
            clicks: Int(impressions * clicks), follows: Int(impressions * follows))
    }
}

/// Minor units by ISO 4217.
enum Currency {
    private static let zeroDecimals: Set<String> = [
        "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF",
        "XPF",
    ]
    private static let threeDecimals: Set<String> = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]

    /// Minor units in one major unit: 1, 100 or 1000.
    static func minorUnits(of code: String) -> Int {
        self.zeroDecimals.contains(code) ? 1 : self.threeDecimals.contains(code) ? 1000 : 100
    }

    /// Whether the code has the form of one.
    static func isCode(_ code: String) -> Bool {
        code.utf8.count == 3 && code.utf8.allSatisfy { (0x41...0x5A).contains($0) }
    }
}
