// SPDX-License-Identifier: MIT

import Foundation
import PluginKit

/// What TikTok's ads allow in the terms of a boost.
enum BusinessTerms {
    /// Buttons (?): the documents show the parameter and one of the words.
    static let buttons = [
        "BOOK_NOW", "CONTACT_US", "DOWNLOAD_NOW", "LEARN_MORE", "SHOP_NOW", "SIGN_UP", "VIEW_NOW",
    ]
    /// The smallest budget of a day in US dollars; those of other currencies are not in the documents.
    private static let floor = Money(minorUnits: 2000, currency: Currency(rawValue: "USD") ?? .eur)

    static let limits = BoostLimits(
        objectives: BusinessObjective.all.map(\.word), minimumBudgetMinorUnits: floor.minorUnits,
        // What a daily budget may be passed by is not in the documents (?). TikTok's help is known to speak of a quarter on a day: on the
        // safe side so much is set aside, and nothing is assumed about a week.
        dailyPercent: 125,
        audience: Set(Audience.Field.allCases).subtracting([.countries]), callsToAction: buttons,
        tokenFields: [
            BusinessClient.tokenField, BusinessIdentity.typeField, BusinessIdentity.idField,
            BusinessIdentity.centerField,
        ])

    /// Checks terms.
    static func check(_ terms: BoostTerms) -> [ValidationIssue] {
        var issues: [ValidationIssue] = []
        func refuse(_ field: String, _ message: String) {
            issues.append(ValidationIssue(.error, field: field, message))
        }
        if BusinessObjective.named(terms.objective) == nil {
            refuse("objective", "TikTok has no objective \(terms.objective).")
        }
        if terms.endsAt <= terms.startsAt { refuse("end", "The end lies before the beginning.") }
        if let account = terms.adAccount {
            if account.currency != terms.budget.currency {
                refuse(
                    "budget", "is in \(terms.budget.currency), but the ad account is billed in \(account.currency).")
            }
            if TimeZone(identifier: account.timeZone) == nil {
                refuse("ad_account", "The ad account's zone \(account.timeZone) is not known.")
            }
        } else {
            refuse("ad_account", "A boost needs an ad account that pays it.")
        }
        let days = terms.budgetKind == .daily ? 1 : Self.days(terms)
        if terms.budget.currency == Self.floor.currency, terms.budget.minorUnits / days < Self.floor.minorUnits {
            refuse("budget", "is \(terms.budget); TikTok takes \(Self.floor) a day or more.")
        }
        if let button = terms.callToAction {
            if !Self.buttons.contains(button.name) {
                refuse("call_to_action", "The button is one of \(Self.buttons.joined(separator: ", ")).")
            }
            if button.link?.hasPrefix("https://") != true && button.link?.hasPrefix("http://") != true {
                refuse("call_to_action.link", "A button leads to an address that begins with https://.")
            }
        } else if terms.objective == BusinessObjective.traffic {
            refuse("call_to_action", "A post on TikTok has no link that people could follow: add a button.")
        }
        if !terms.specialAdCategories.isEmpty {
            refuse("special_ad_categories", "TikTok's special categories are not in the documents.")
        }
        return issues + BusinessTargeting.check(terms.audience)
    }

    private static func days(_ terms: BoostTerms) -> Int64 {
        max(1, Int64((terms.endsAt.timeIntervalSince(terms.startsAt) / 86_400).rounded(.up)))
    }

    /// An instant as schedules want it: in UTC, without saying so.
    static func instant(_ date: Date) -> String {
        String(date.formatted(.iso8601).replacing("T", with: " ").dropLast())
    }
}
