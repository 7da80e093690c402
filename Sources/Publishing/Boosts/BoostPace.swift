// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PluginKit

/// Whether a boost spends what its plan says.
struct BoostPace: Sendable {
    /// How long it must have run before its spend says anything: platforms report late and begin slowly.
    private static let patience: TimeInterval = 86_400
    /// The share of its plan below which it counts as idle.
    private static let least = 0.1

    private let work: BoostWork
    private let isRunning: Bool
    private let spend: Money?

    /// Looks at what a platform reports now.
    init(_ work: BoostWork, isRunning: Bool, spend: Money?) {
        self.work = work
        self.isRunning = isRunning
        self.spend = spend
    }

    /// That it has spent next to nothing, in a sentence; `nil` while it spends, does not run, or ran too short to say.
    ///
    /// What a platform does not report counts as nothing: most report no spend until there is some.
    var idleness: String? {
        guard self.isRunning, let since = self.work.runningSince else { return nil }
        let terms = self.work.terms
        let length = terms.endsAt.timeIntervalSince(terms.startsAt)
        let ran = min(self.work.now, terms.endsAt).timeIntervalSince(max(since, terms.startsAt))
        guard length > 0, ran >= min(Self.patience, length / 2) else { return nil }
        let whole = Double(terms.budget.minorUnits)
        let planned = terms.budgetKind == .daily ? whole * ran / 86_400 : whole * ran / length
        let spent = self.spend ?? Money(minorUnits: 0, currency: terms.budget.currency)
        guard Double(spent.minorUnits) < Self.least * planned else { return nil }
        let expected = Money(minorUnits: Int64(planned.rounded()), currency: terms.budget.currency)
        let hours = Int(ran / 3600)
        return
            "it has run for \(hours) hours and spent \(spent), less than a tenth of the \(expected) planned for them: look at its audience, "
            + "its bid and the platform's review"
    }
}
