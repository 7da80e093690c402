// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit
import TestSupport
import Testing

@testable import Publishing

@Suite(.postgresSchema)
struct MetricsServiceTests {
    /// Three publications: read young and old, read young only, never read.
    private func seed(_ fixture: ServiceFixture) async throws -> [PublicationRow] {
        let account = try await fixture.accounts.show("acme/strict").account
        let rows = (0..<3).map { index in
            PublicationRow(
                client: account.client, account: account.id, platform: account.platform, remoteID: "r\(index)",
                publishedAt: ServiceFixture.now.addingTimeInterval(Double(index)), contentType: "text",
                origin: .external,
                isPaid: index == 1)
        }
        func sample(_ index: Int, hours: Double, _ values: [MetricName: Int64]) -> SampleRow {
            SampleRow(
                client: account.client, account: account.id, publication: rows[index].id,
                readAt: rows[index].publishedAt.addingTimeInterval(hours * 3600), definition: 1, values: values,
                reactions: hours == 72 ? ["like": 8, "love": 1] : nil,
                raw: #"{"note": "back\\slash, \"quote\""}"#)
        }
        try await fixture.pool.withTransaction { db in
            for row in rows { _ = try await PublicationRepository.record(row, on: &db) }
            try await SampleRepository.insert(
                [
                    sample(0, hours: 1, [.likes: 1]), sample(0, hours: 30, [.likes: 5, .comments: 2]),
                    sample(0, hours: 72, [.likes: 9]), sample(1, hours: 2, [.engagements: 4]),
                ], on: &db)
        }
        return rows
    }

    private func service(_ fixture: ServiceFixture) -> MetricsService {
        MetricsService(pool: fixture.pool, jobs: fixture.jobs, registry: fixture.registry)
    }

    @Test("a number that was not given stays absent")
    func show() async throws {
        let fixture = try await ServiceFixture()
        let rows = try await self.seed(fixture)
        let readings = try await self.service(fixture).show(.publication(rows[0].id.description))
        #expect(readings.flatMap(\.samples).map(\.values) == [[.likes: 1], [.likes: 5, .comments: 2], [.likes: 9]])
    }

    @Test("fetching enqueues a job now, once for a key")
    func fetch() async throws {
        let fixture = try await ServiceFixture()
        _ = try await self.seed(fixture)
        let service = self.service(fixture)
        let first = try await service.fetch(.account("acme/strict", client: nil), key: "daily")
        let second = try await service.fetch(.account("acme/strict", client: nil), key: "daily")
        #expect(first == second)
        #expect(try await fixture.count("job_ready") == 1)
    }

    @Test("an export has a line for every reading, and JSON as it is")
    func export() async throws {
        let fixture = try await ServiceFixture()
        let rows = try await self.seed(fixture)
        var csv = ""
        try await self.service(fixture).export(client: "acme", account: "strict", format: .csv) {
            csv += String(decoding: $0, as: UTF8.self)
        }
        let lines = csv.split(separator: "\n")
        #expect(lines.count == 5)
        #expect(lines[0].hasPrefix("client,account,platform,publication_id"))
        #expect(lines[1].hasPrefix("acme,strict,strict,\(rows[0].id)"))

        var json = ""
        try await self.service(fixture).export(
            client: "acme", since: ServiceFixture.now.addingTimeInterval(7200), format: .jsonl
        ) { json += String(decoding: $0, as: UTF8.self) }
        let objects = try json.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(objects.count == 3)
        #expect(objects.last?["likes"] as? Int == 9)
        #expect(objects.last?["comments"] is NSNull)
        #expect(objects.last?["reactions"] as? [String: Int] == ["like": 8, "love": 1])
        #expect(objects.first?["reactions"] is NSNull && objects.first?["window"] as? String == "lifetime")
    }

    @Test("posting times use the first reading at an age of a day or more")
    func history() async throws {
        let fixture = try await ServiceFixture()
        _ = try await self.seed(fixture)
        let readings = try await PostingHistory(pool: fixture.pool).readings(of: "acme/strict").readings
        #expect(readings.map(\.engagement) == [7, 4, nil])
        #expect(readings.map(\.isPaid) == [false, true, false])
        #expect(readings[0].readAt == ServiceFixture.now.addingTimeInterval(30 * 3600))
    }
}
