// SPDX-License-Identifier: MIT

package import Domain
package import Foundation

extension DemoReport {
    /// A boost, and the ledger of the cap that pays for it.
    package struct Boost: Hashable, Sendable, Codable {
        /// The client's slug.
        package var client: String
        /// The account whose post is boosted.
        package var account: String
        /// The platform.
        package var platform: PlatformID
        /// What the boosted post says.
        package var text: String
        /// Why a rule made it, when no person did.
        package var reason: String?
        /// What is to be got for the money, say reach or engagement.
        package var objective: String
        /// Who is to see it, in words.
        package var audience: String
        /// What may be spent.
        package var budget: Money
        /// When it begins.
        package var start: Date
        /// When it ends.
        package var end: Date
        /// Where it stands: active, ended, stopped.
        package var state: String
        /// What the platform says it brought, in the order to show.
        package var counts: [FeedCard.Count]
        /// The name of the cap, say `November 2026`.
        package var capName: String
        /// What may be spent in all under the cap.
        package var cap: Money
        /// Every movement under the cap, in order.
        package var ledger: [LedgerLine]

        /// Makes a boost.
        package init(
            client: String, account: String, platform: PlatformID, text: String, reason: String? = nil,
            objective: String, audience: String,
            budget: Money, start: Date, end: Date, state: String, counts: [FeedCard.Count], capName: String, cap: Money,
            ledger: [LedgerLine]
        ) {
            self.client = client
            self.account = account
            self.platform = platform
            self.text = text
            self.reason = reason
            self.objective = objective
            self.audience = audience
            self.budget = budget
            self.start = start
            self.end = end
            self.state = state
            self.counts = counts
            self.capName = capName
            self.cap = cap
            self.ledger = ledger
        }
    }

    /// One movement of money under a cap.
    package struct LedgerLine: Hashable, Sendable, Codable {
        /// What moved.
        package enum Kind: String, Hashable, Sendable, Codable {
            /// Money was set aside before the platform was called.
            case reserved
            /// The platform took the order; what was set aside is now promised to it.
            case committed
            /// The platform reported money as spent; it leaves what was set aside.
            case spent
            /// What was set aside and not spent is free again.
            case released
            /// A reservation that would have gone over the cap was refused; nothing moved.
            case refused
        }

        /// When.
        package var at: Date
        /// What moved.
        package var kind: Kind
        /// How much, never negative, in minor units of the cap's currency.
        package var minorUnits: Int64
        /// What for.
        package var note: String

        /// Makes a line.
        package init(at: Date, kind: Kind, minorUnits: Int64, note: String) {
            self.at = at
            self.kind = kind
            self.minorUnits = minorUnits
            self.note = note
        }
    }

    /// What stands under a cap after some lines of its ledger, in minor units.
    package struct Balance: Hashable, Sendable {
        /// Set aside or promised, not yet spent.
        package private(set) var held: Int64 = 0
        /// Spent.
        package private(set) var spent: Int64 = 0

        /// Nothing held, nothing spent.
        package init() {}

        /// Applies a line.
        package mutating func apply(_ line: LedgerLine) {
            switch line.kind {
            case .reserved: self.held += line.minorUnits
            case .spent:
                self.held -= line.minorUnits
                self.spent += line.minorUnits
            case .released: self.held -= line.minorUnits
            case .committed, .refused: break
            }
        }

        /// What is left under a cap.
        package func free(under cap: Money) -> Int64 { cap.minorUnits - self.held - self.spent }

        /// The balance after every line.
        package static func after(_ lines: [LedgerLine]) -> Balance {
            var balance = Balance()
            for line in lines { balance.apply(line) }
            return balance
        }
    }
}
