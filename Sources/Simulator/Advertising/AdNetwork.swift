// SPDX-License-Identifier: MIT

/// A company's system of paid promotion.
enum AdNetwork: String, Sendable, Codable, CaseIterable {
    /// Facebook and Instagram: the Marketing API.
    case meta
    case x
    case tiktok

    /// The platform that its requests are counted with.
    var platform: Platform {
        switch self {
        case .meta: .facebook
        case .x: .x
        case .tiktok: .tiktok
        }
    }

    init?(_ platform: Platform) {
        switch platform {
        case .facebook, .instagram: self = .meta
        case .x: self = .x
        case .tiktok: self = .tiktok
        case .mock: return nil
        }
    }

    /// How it spends a budget.
    var spendRule: AdSpendRule { self == .meta ? .meta : .exact }

    /// Currencies that Meta counts in whole units, other than ISO 4217 does for some of them.
    private static let metaWholeUnits: Set<String> = [
        "CLP", "COP", "CRC", "HUF", "IDR", "ISK", "JPY", "KRW", "PYG", "TWD", "VND",
    ]

    /// How many of the units that budgets and spend are kept in make one of a currency.
    ///
    /// Meta: its own offset, 1 or 100. X: 1,000,000 for every currency. TikTok: minor units by ISO 4217, because its
    /// amounts are plain numbers.
    func units(of currency: String) -> Int {
        switch self {
        case .meta: Self.metaWholeUnits.contains(currency) ? 1 : 100
        case .x: 1_000_000
        case .tiktok: Currency.minorUnits(of: currency)
        }
    }

    /// An amount as a decimal number in the currency, with all of its decimals.
    func decimal(_ units: Int, of currency: String) -> String {
        let unit = self.units(of: currency)
        guard unit > 1 else { return String(units) }
        let digits = String(unit).count - 1
        let fraction = String(units % unit)
        return "\(units / unit).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
    }
}

/// An ad account of one network.
struct AdAccountKey: Hashable, Sendable, Codable {
    var network: AdNetwork
    /// Meta: the number without `act_`.
    var id: String

    /// The id as the API writes it.
    var externalID: String { self.network == .meta ? "act_" + self.id : self.id }
}

/// An account that pays for ads.
struct SimulatedAdAccount: Sendable, Codable {
    /// Whether it can pay, from an instant on.
    struct Funding: Sendable, Codable {
        var at: WorldTime
        var isFunded: Bool
    }

    var key: AdAccountKey
    var serial: Int
    var name: String
    var currency: String
    var timeZone: String
    /// The lowest budget of a day, in the network's units.
    var minimumDaily: Int
    /// World seconds from the creation of an ad to the end of its review.
    var reviewSeconds: Double
    var funding: [Funding]
    var createdAt: WorldTime
    /// Meta: who benefits and who pays, where an ad set does not say.
    var beneficiary: String?
    var payor: String?
    /// Accounts whose tokens may manage it on X; on TikTok the identities that are linked to it.
    var members: [String] = []

    func isFunded(at time: WorldTime) -> Bool { self.funding.last { $0.at <= time }?.isFunded ?? true }
}
