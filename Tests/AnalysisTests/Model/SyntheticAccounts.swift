// SPDX-License-Identifier: MIT

import Domain
import Foundation

@testable import Analysis

/// Accounts whose truth is known.
struct SyntheticAccounts {
    /// How many accounts.
    var accounts = 12
    /// How many posts each has.
    var posts = 150
    /// The hours of the week that they post in.
    var hours = Array(stride(from: 8, to: 168, by: 6))
    /// The standard deviation of a post's logarithm.
    var noise = 0.7
    /// What an hour is worth, as a logarithm.
    var worth: @Sendable (_ account: Int, _ slot: Int) -> Double = { _, _ in 0 }

    /// Monday, 3 January 2022, 00:00, as wall clock seconds.
    static let monday: Int64 = 1_641_168_000

    /// The posts: hours by lot, some five posts a week.
    func histories(seed: UInt64) -> [TimingHistory] {
        var chance = Chance(seed: seed)
        return (0..<self.accounts).map { account in
            let posts = (0..<self.posts).map { number in
                let slot = self.hours[Int(chance.next() % UInt64(self.hours.count))]
                let time =
                    Self.monday + Int64(number / 5) * 604_800 + Int64(slot) * 3_600 + Int64(chance.next() % 3_600)
                let value = 5 + self.worth(account, slot) + self.noise * chance.normal()
                return TimingPost(clockSeconds: time, engagement: exp(value).rounded())
            }
            return TimingHistory(account: "account-\(account)", platform: "instagram", posts: posts)
        }
    }
}
