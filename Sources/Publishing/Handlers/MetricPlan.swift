// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PluginKit

/// When a publication's metrics are read: at the ages that its platform's manifest lists, with growing pauses.
///
/// The older it is, the coarser the moments: what an account published around the same time is then due together, and one call reads it.
/// A reading is never early, and late by less than a twelfth of its age.
enum MetricPlan {
    /// How far apart the moments are, in seconds; each is a multiple of the next, so that the readings of all ages meet.
    private static let steps: [TimeInterval] = [43_200, 21_600, 7_200, 1_800, 300]
    /// How much larger than its step an age is at least.
    private static let ageToStep: TimeInterval = 12

    /// The readings of a publication.
    ///
    /// One that is new, written in the same transaction, can have none planned: its readings need no keys, which are half of what
    /// writing them costs.
    static func jobs(
        for publication: PublicationID, publishedAt: Date, client: ClientID, account: AccountID,
        manifest: PluginManifest, isNew: Bool = false
    ) -> [NewJob] {
        guard manifest.capabilities.contains(.metrics) else { return [] }
        return manifest.metricAges.map { age in
            .fetchMetrics(
                publication: publication, client: client, account: account, platform: manifest.id,
                dueAt: self.moment(of: age, publishedAt: publishedAt, account: account),
                key: isNew ? nil : "metrics:\(publication):\(age.components.seconds)")
        }
    }

    /// When a publication of an age is read.
    static func moment(of age: Duration, publishedAt: Date, account: AccountID) -> Date {
        let seconds = TimeInterval(age.components.seconds)
        let exact = publishedAt.addingTimeInterval(seconds)
        guard let step = self.steps.first(where: { $0 * self.ageToStep <= seconds }) else { return exact }
        let phase = self.phase(of: account)
        let steps = ((exact.timeIntervalSince1970 - phase) / step).rounded(.up)
        return Date(timeIntervalSince1970: steps * step + phase)
    }

    /// Accounts have their moments at different times, so that they do not all call at once.
    private static func phase(of account: AccountID) -> TimeInterval {
        let random = account.uuid.uuid
        let number = UInt32(random.12) << 24 | UInt32(random.13) << 16 | UInt32(random.14) << 8 | UInt32(random.15)
        return TimeInterval(number % 43_200)
    }
}
