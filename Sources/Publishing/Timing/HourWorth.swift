// SPDX-License-Identifier: MIT

import Analysis
package import Domain
import Foundation

/// What the hour of a publication is worth by its account's posting-time curve.
///
/// The curve is never made of boosted posts, so what is expected of an hour is what it gives without money.
package struct HourWorth: Sendable, Hashable {
    /// The hour, in the account's zone.
    package var hour: HourOfWeek
    /// The factor on a typical post's engagement.
    package var score: Double
    /// Whether it can be told from a typical hour: the 80 % interval does not hold 1.
    package var isSure: Bool

    /// Notes what an hour is worth.
    package init(hour: HourOfWeek, score: Double, isSure: Bool) {
        self.hour = hour
        self.score = score
        self.isSure = isSure
    }

    /// Looks an instant up in a fit.
    init(at instant: Date, _ fit: StoredFit) {
        let hour = HourOfWeek(fit.zone.wallTime(at: instant))
        let found = fit.curve.hours[hour.index]
        self.init(hour: hour, score: found.score, isSure: found.lower > 1 || found.upper < 1)
    }

    /// What a post of this hour is expected to get, in typical posts: 1 where the hour makes no measurable difference.
    package var expected: Double { self.isSure ? self.score : 1 }
}
