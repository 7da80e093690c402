// SPDX-License-Identifier: MIT

import Foundation

/// A campaign as the pretend platform has it after a run with boosts.
struct BoostChaosCampaign: Sendable {
    /// The platform whose interface made it.
    var platform: String
    /// The boost that it is of.
    var boost: String
    /// Whether it costs money now, or would after its review.
    var isDelivering: Bool
    /// What it spent, in minor units of the currency; what is less than one counts as one.
    var spend: Int64

    /// All of them.
    ///
    /// - Throws: what the simulator answers, and what cannot be decoded.
    static func all(_ admin: SimulatorAdmin) async throws -> [BoostChaosCampaign] {
        try await self.pretended(admin) + self.advertised(admin)
    }

    private static func boost(_ name: String) -> String { String(name.dropFirst("boost:".count)) }

    /// Those of the mock platform, which is billed in minor units.
    private static func pretended(_ admin: SimulatorAdmin) async throws -> [BoostChaosCampaign] {
        struct Answer: Decodable { var campaigns: [Campaign] }
        struct Campaign: Decodable {
            struct Amount: Decodable { var amount_minor: Int64 }
            var name: String
            var status: String
            var spend: Amount
        }
        return try JSONDecoder().decode(Answer.self, from: try await admin.campaigns()).campaigns.map {
            BoostChaosCampaign(
                platform: "mock", boost: self.boost($0.name),
                isDelivering: ["active", "in_review"].contains($0.status),
                spend: $0.spend.amount_minor)
        }
    }

    /// Those of ad accounts, in the units of each network.
    private static func advertised(_ admin: SimulatorAdmin) async throws -> [BoostChaosCampaign] {
        struct Objects: Decodable { var objects: [Object] }
        struct Object: Decodable {
            var platform: String
            var account: String
            var level: String
            var name: String
            var delivering: Bool
            var spend: Int64
        }
        struct Accounts: Decodable { var accounts: [Account] }
        struct Account: Decodable {
            var account: String
            var units_in_one: Int64
        }
        let accounts = try JSONDecoder().decode(Accounts.self, from: try await admin.adSpend()).accounts
        let units = Dictionary(accounts.map { ($0.account, $0.units_in_one) }) { first, _ in first }
        return try JSONDecoder().decode(Objects.self, from: try await admin.ads()).objects
            .filter { $0.level == "campaign" }
            .map { campaign in
                // A run's ad accounts are all in a currency with cents.
                let unit = max(1, (units[campaign.account] ?? 100) / 100)
                return BoostChaosCampaign(
                    platform: campaign.platform, boost: self.boost(campaign.name), isDelivering: campaign.delivering,
                    spend: (campaign.spend + unit - 1) / unit)
            }
    }
}
