// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PluginKit

/// When a publication's metrics are read: at the ages that its platform's manifest lists.
enum MetricPlan {
    static func jobs(
        for publication: PublicationID, publishedAt: Date, client: ClientID, account: AccountID,
        manifest: PluginManifest
    ) -> [NewJob] {
        guard manifest.capabilities.contains(.metrics) else { return [] }
        return manifest.metricAges.map { age in
            .fetchMetrics(
                publication: publication, client: client, account: account, platform: manifest.id,
                dueAt: publishedAt.addingTimeInterval(Double(age.components.seconds)),
                key: "metrics:\(publication):\(age.components.seconds)")
        }
    }
}
