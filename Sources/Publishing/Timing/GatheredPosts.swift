// SPDX-License-Identifier: MIT

package import Analysis
package import Domain
import Foundation

/// The posts of one account, as the model takes them.
struct GatheredPosts: Sendable {
    var client: ClientID
    var account: AccountID
    var zone: ZoneID
    var newestAt: Date?
    let history: TimingHistory
    private let digest: Int64
    private var drawn: Set<Int64> = []

    init(
        _ readings: [PostedReading], client: ClientID, account: AccountID, name: String, platform: PlatformID,
        zone: ZoneID, holidays: Set<Int>
    ) {
        self.client = client
        self.account = account
        self.zone = zone
        let rules = SelectionRules.mature(on: platform)
        var collector = HistoryCollector(dropsRepeats: false)
        for reading in readings {
            let sample = PostSample(reading, account: name, platform: platform, zone: zone)
            let isHoliday = !holidays.isEmpty && holidays.contains(zone.wallTime(at: reading.postedAt).dayNumber)
            collector.add(sample, isHoliday: isHoliday)
            if rules.exclusion(of: sample) == nil, !isHoliday {
                self.newestAt = reading.postedAt
                if reading.isExperiment { self.drawn.insert(zone.table.clockSeconds(at: reading.postedAt)) }
            }
        }
        self.history = collector.histories().first ?? TimingHistory(account: name, platform: platform)
        self.digest = self.history.digest
    }

    /// What posts at drawn times did.
    var experiments: ExperimentEffect? {
        ExperimentEffect(self.history.posts, drawn: self.history.posts.map { self.drawn.contains($0.clockSeconds) })
    }

    /// What a fit of them is made of.
    var basis: FitBasis { FitBasis(digest: self.digest, zone: self.zone) }

    func fit(_ curve: AccountCurve, with common: StoredCurve) -> StoredFit {
        StoredFit(
            id: UUID.version7(), fittedAt: common.fittedAt, curveID: common.id, zone: self.zone,
            posts: self.history.posts.count, newestAt: self.newestAt, digest: self.digest,
            excluded: self.history.excluded, chosenAt: nil, curve: curve)
    }
}

extension PostSample {
    /// A publication with the reading that counts.
    package init(_ reading: PostedReading, account: String, platform: PlatformID, zone: ZoneID) {
        self.init(
            account: account, platform: platform, postedAt: reading.postedAt, engagement: reading.engagement,
            isPaid: reading.isPaid, contentType: reading.contentType, observedAt: reading.readAt, zone: zone,
            isOutdated: reading.isOutdated, impressions: reading.views)
    }
}
