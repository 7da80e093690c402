// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit

@testable import Publishing

extension ServiceFixture {
    /// Publications of an account, one every seven hours, with numbers that are three days old; those in the evening got more.
    func publish(_ count: Int, as account: AccountRow, before days: Double = 0, factor: Double = 3) async throws {
        let zone = ZoneID(rawValue: account.timeZone) ?? .utc
        let rows = (0..<count).map { index in
            PublicationRow(
                client: account.client, account: account.id, platform: account.platform,
                remoteID: "\(account.id)-\(days)-\(index)",
                publishedAt: Self.now.addingTimeInterval(-86_400 * (days + 4) - Double(index) * 7 * 3_600),
                contentType: "text", origin: .external, isPaid: false)
        }
        let samples = rows.enumerated().map { index, row in
            let isEvening = (18..<22).contains(zone.wallTime(at: row.publishedAt).hour)
            let likes = (100.0 + Double(index * 7 % 23)) * (isEvening ? factor : 1)
            return SampleRow(
                client: account.client, account: account.id, publication: row.id,
                readAt: row.publishedAt.addingTimeInterval(3 * 86_400), definition: 1, values: [.likes: Int64(likes)],
                raw: "{}")
        }
        try await self.pool.withTransaction { db in
            for row in rows { _ = try await PublicationRepository.record(row, on: &db) }
            try await SampleRepository.insert(samples, on: &db)
        }
    }

    var timing: TimingService { TimingService(pool: self.pool) }
}
