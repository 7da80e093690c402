// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Foundation
import PluginKit

/// What a boost is to do, for whom and for how much, as flags: a person's or a rule's.
struct BoostTermOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The ad account's slug; the platform's only one when not given.", valueName: "ad-account"))
    var adAccount: String?
    @Option(help: ArgumentHelp("What it is for, as in `plugin info`.", valueName: "objective"))
    var objective: String
    @Option(help: ArgumentHelp("The amount, in the ad account's currency.", valueName: "amount"))
    var budget: String
    @Flag(name: .customLong("daily"), help: "The budget is for each day.")
    var isDaily = false
    @Option(help: ArgumentHelp("How many days it runs.", valueName: "n"))
    var days: Int
    @Option(
        help: ArgumentHelp(
            "JSON with min_age, max_age, genders, countries, places, interests, custom_audiences (also for retargeting), excluded_audiences; everybody when not given.",
            valueName: "file"))
    var audience: String?
    @Option(help: ArgumentHelp("The button of the boost, as in `plugin info`.", valueName: "name"))
    var cta: String?
    @Option(help: ArgumentHelp("Where the button leads.", valueName: "url"))
    var link: String?
    @Option(
        name: .customLong("special-ad-category"),
        help: ArgumentHelp(
            "A legal category of the advertisement, as in `plugin info`; may be given several times.",
            valueName: "name"))
    var specialAdCategory: [String] = []

    func validate() throws {
        guard self.link == nil || self.cta != nil else { throw ValidationError("--link belongs to --cta.") }
    }

    /// How the budget is counted.
    var kind: BudgetKind { self.isDaily ? .daily : .lifetime }

    /// The button; `nil` for none.
    var button: CallToAction? { self.cta.map { CallToAction(name: $0, link: self.link) } }

    /// Whom it is shown to, from the file.
    ///
    /// - Throws: ``CommandError`` with exit code 65 for a file that is no audience.
    func people() throws -> Audience {
        guard let audience else { return Audience() }
        do {
            return try JSONDecoder().decode(Audience.self, from: try CommandError.contents(of: audience))
        } catch let error as DecodingError {
            throw CommandError(
                .badData, "\(audience) is no audience", details: [String(describing: error).singleLine],
                remedy: #"write it as {"min_age": 18, "countries": ["DE"], "interests": []}"#)
        }
    }
}
