// SPDX-License-Identifier: MIT

import Analysis
import Domain
import Foundation
import Persistence
import Publishing

/// The posting-time model over what the database holds.
enum BestTimesAnalysis {
    /// An account with what the model says of it.
    struct Result {
        /// The account as `client/account`.
        var name: String
        /// Its platform.
        var platform: PlatformID
        /// The zone of its audience.
        var zone: ZoneID
        /// What the model says.
        var account: BestTimes.Account
        /// What its platform's accounts have in common.
        var common: PlatformCurve
    }

    /// The past of every account of a platform.
    static func histories(
        on platform: PlatformID, _ services: ServiceContext
    ) async throws -> (histories: [TimingHistory], zones: [String: ZoneID]) {
        let accounts = try await PostingHistory(pool: services.pool).readings(
            on: platform, minimumAgeHours: SelectionRules.mature(on: platform).minimumAgeHours)
        var collector = HistoryCollector(dropsRepeats: false)
        for account in accounts {
            for reading in account.readings {
                collector.add(PostSample(reading, account: account.account, platform: platform, zone: account.zone))
            }
        }
        return (collector.histories(), Dictionary(accounts.map { ($0.account, $0.zone) }) { first, _ in first })
    }

    /// Fits an account together with all others of its platform.
    ///
    /// - Throws: `ServiceError` with code `notFound`.
    static func fit(_ account: String, client: String?, _ services: ServiceContext) async throws -> Result {
        let (owner, row, _) = try await PostingHistory(pool: services.pool).readings(of: account, client: client)
        let name = "\(owner.slug)/\(row.slug)"
        var (histories, _) = try await Self.histories(on: row.platform, services)
        if !histories.contains(where: { $0.account == name }) {
            histories.append(TimingHistory(account: name, platform: row.platform))
        }
        let times = try BestTimes(histories)
        guard let found = times.accounts.first(where: { $0.account == name }),
            let common = times.platforms[row.platform]
        else { throw CommandError(.failed, "the model has no result for \(name)") }
        return Result(
            name: name, platform: row.platform, zone: ZoneID(rawValue: row.timeZone) ?? .utc, account: found,
            common: common)
    }
}

extension PostSample {
    /// A publication with the reading that counts.
    init(_ reading: PostedReading, account: String, platform: PlatformID, zone: ZoneID) {
        self.init(
            account: account, platform: platform, postedAt: reading.postedAt, engagement: reading.engagement,
            isPaid: reading.isPaid, contentType: reading.contentType, observedAt: reading.readAt, zone: zone,
            impressions: reading.views)
    }
}
