// SPDX-License-Identifier: MIT

/// What may be boosted, and for how much.
public struct BoostLimits: Sendable, Hashable, Codable {
    /// The objectives by name.
    public var objectives: [String]
    /// The smallest budget, in minor units of any currency with two places; the platform's own floor may be higher.
    public var minimumBudgetMinorUnits: Int64
    /// How much of a daily budget the platform may spend on one day by its own rules, in percent: 100 exact, 175 for Meta.
    public var dailyPercent: Int64
    /// How many daily budgets a calendar week may cost at most (7 for Meta); `nil` when there is no such rule.
    public var weeklyDays: Int?
    /// Whether there is nothing to boost from without an ad account.
    public var needsAdAccount: Bool
    /// What an audience can name.
    public var audience: Set<Audience.Field>
    /// The buttons by name; empty when there are none.
    public var callsToAction: [String]
    /// The legal categories by name; empty when there are none.
    public var specialAdCategories: [String]
    /// The OAuth scopes that boosting needs besides those of the manifest.
    public var scopes: [String]
    /// The fields of a grant that boosts act with where they have a token of their own, the token first; empty where boosts act with the
    /// access token.
    public var tokenFields: [String]
    /// How long after its end spend may still be reported; what is left of the money is given back after it.
    public var settlement: Duration

    /// Makes limits.
    public init(
        objectives: [String], minimumBudgetMinorUnits: Int64, dailyPercent: Int64 = 100, weeklyDays: Int? = nil,
        needsAdAccount: Bool = true, audience: Set<Audience.Field> = Set(Audience.Field.allCases),
        callsToAction: [String] = [], specialAdCategories: [String] = [], scopes: [String] = [],
        tokenFields: [String] = [], settlement: Duration = .seconds(172_800)
    ) {
        self.objectives = objectives
        self.minimumBudgetMinorUnits = minimumBudgetMinorUnits
        self.dailyPercent = dailyPercent
        self.weeklyDays = weeklyDays
        self.needsAdAccount = needsAdAccount
        self.audience = audience
        self.callsToAction = callsToAction
        self.specialAdCategories = specialAdCategories
        self.scopes = scopes
        self.tokenFields = tokenFields
        self.settlement = settlement
    }

    /// What a daily budget may cost on one day at most, in its minor units; `Int64.max` when that does not fit.
    public func mostOfDay(_ daily: Int64) -> Int64 {
        let (product, overflows) = daily.multipliedReportingOverflow(by: self.dailyPercent)
        guard !overflows else { return .max }
        return product / 100 + (product % 100 == 0 ? 0 : 1)
    }

    /// What a daily budget may cost in so many days on end at most, in its minor units.
    ///
    /// Nobody says on which day the platform's week begins for an ad account, so that the worst beginning counts.
    ///
    /// - Returns: `Int64.max` when that does not fit.
    public func most(daily: Int64, days: Int) -> Int64 {
        guard days > 0 else { return 0 }
        let day = self.mostOfDay(daily)
        guard let weeklyDays else { return Self.times(day, Int64(days)) }
        let week = Self.times(daily, Int64(weeklyDays))
        return (1...7).map { first in
            var left = days
            var total: Int64 = 0
            var length = first
            while left > 0 {
                let part = min(length, left)
                total = total.adding(saturating: min(Self.times(day, Int64(part)), week))
                left -= part
                length = 7
            }
            return total
        }.max() ?? 0
    }

    private static func times(_ left: Int64, _ right: Int64) -> Int64 {
        let (product, overflows) = left.multipliedReportingOverflow(by: right)
        return overflows ? .max : product
    }

    /// The token of their own that boosts act with; `nil` where they act with the access token, or the grant has none.
    public func ownToken(in tokens: TokenSet) -> Secret? { self.tokenFields.first.flatMap { tokens.extra[$0] } }
}
