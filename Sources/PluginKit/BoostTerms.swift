// SPDX-License-Identifier: MIT

public import Domain
public import Foundation

/// How a boost's budget is counted.
public enum BudgetKind: String, Sendable, Hashable, Codable {
    /// Per day of the ad account.
    case daily
    /// For the whole time.
    case lifetime
}

/// Where a boost's money is spent.
public struct AdAccountReference: Sendable, Hashable {
    /// The platform's identity of it.
    public var externalID: String
    /// The currency that it is billed in.
    public var currency: Currency
    /// The IANA zone in which its days begin.
    public var timeZone: String
    /// Who pays, where the law wants it said.
    public var payer: String?

    /// Makes a reference.
    public init(externalID: String, currency: Currency, timeZone: String, payer: String? = nil) {
        self.externalID = externalID
        self.currency = currency
        self.timeZone = timeZone
        self.payer = payer
    }
}

/// The button under a boosted post.
public struct CallToAction: Sendable, Hashable, Codable {
    /// The platform's name of the button, say `LEARN_MORE`.
    public var name: String
    /// Where it leads.
    public var link: String?

    /// Makes a button.
    public init(name: String, link: String? = nil) {
        self.name = name
        self.link = link
    }
}

/// What a boost is to do, for whom, when and for how much.
public struct BoostTerms: Sendable, Hashable {
    /// One of the manifest's objectives.
    public var objective: String
    /// Whom it is shown to.
    public var audience: Audience
    /// The budget.
    public var budget: Money
    /// How the budget is counted.
    public var budgetKind: BudgetKind
    /// When it begins.
    public var startsAt: Date
    /// When it ends.
    public var endsAt: Date
    /// The button, where one is wanted.
    public var callToAction: CallToAction?
    /// Legal categories of the advertisement, by the platform's names; empty for none.
    public var specialAdCategories: [String]
    /// Where the money is spent, where the platform has such a thing.
    public var adAccount: AdAccountReference?

    /// Makes terms.
    public init(
        objective: String, audience: Audience = Audience(), budget: Money, budgetKind: BudgetKind, startsAt: Date,
        endsAt: Date, callToAction: CallToAction? = nil, specialAdCategories: [String] = [],
        adAccount: AdAccountReference? = nil
    ) {
        self.objective = objective
        self.audience = audience
        self.budget = budget
        self.budgetKind = budgetKind
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.callToAction = callToAction
        self.specialAdCategories = specialAdCategories
        self.adAccount = adAccount
    }
}

extension AdAccountReference {
    /// Noon of a winter's and of a summer's day: zones that agree on both are the same to us, whatever their names are.
    private static let probes = [1_768_478_400.0, 1_784_116_800.0].map { Date(timeIntervalSince1970: $0) }

    /// Compares the zone in which its days begin for us with what the platform says: budgets are by day.
    ///
    /// A name that is not known says nothing.
    ///
    /// - Throws: `permanent`, with the platform's word.
    public func checkZone(of name: String?) throws(PluginError) {
        guard let name, name != self.timeZone, let theirs = TimeZone(identifier: name),
            let ours = TimeZone(identifier: self.timeZone),
            Self.probes.contains(where: { theirs.secondsFromGMT(for: $0) != ours.secondsFromGMT(for: $0) })
        else { return }
        throw PluginError(
            .permanent,
            "The days of the ad account begin in \(name), not in \(self.timeZone): a day's budget would be counted wrongly.",
            nextAction: "Enter the ad account with its own zone, --tz \(name), and plan the boost again.",
            field: "ad_account")
    }
}
