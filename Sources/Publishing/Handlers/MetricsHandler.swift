// SPDX-License-Identifier: MIT

import Domain
import Foundation
package import JobQueue
import PQClient
import PluginKit

/// Reads metrics and appends what the platform gave.
package struct MetricsHandler: JobHandler {
    private struct Payload: Codable { var of: String }

    private let services: HandlerServices

    /// Makes a handler.
    package init(services: HandlerServices) { self.services = services }

    /// `fetch-metrics`.
    package var kind: JobKind { .fetchMetrics }

    /// A reading is one request.
    package var deadline: Duration { .seconds(300) }

    /// Reads one publication or one account.
    package func run(_ job: ClaimedJob, _ context: JobContext) async throws -> JobResult {
        guard let account = job.account, let subject = job.subject,
            let metrics = self.services.registry[PlatformID(rawValue: job.provider)]?.metrics
        else {
            return JobResult(.failed(JobFailure(code: "unsupported", message: "the platform has no metrics")))
        }
        let standing = try await self.services.pool.withConnection { db in
            try await Standing.load(client: job.client, account: account, on: &db)
        }
        if let standing, standing.isPaused { return try await self.services.giveBack(job, standing) }
        let payload = try JSONDecoder().decode(Payload.self, from: Data(job.payload.text.utf8))
        var post: RemotePost?
        if payload.of == "publication" {
            guard let found = try await self.publication(PublicationID(subject), client: job.client) else {
                return JobResult(.cancelled(reason: "the publication is gone, or was only imported"))
            }
            post = found
        }
        do {
            let wanted = post
            let readings = try await self.services.withAccess(client: job.client, account: account, for: "metrics") {
                access throws(PluginError) in
                try await metrics.metrics(MetricsRequest(access: access, posts: wanted.map { [$0] } ?? []))
            }
            guard let reading = readings.first(where: { $0.postID == wanted?.id }) else {
                return JobResult(
                    .failed(JobFailure(code: "permanent", message: "the platform gave no reading of the publication")))
            }
            return JobResult(.succeeded) { db in
                try await SampleRecord(
                    client: job.client, account: account, publication: wanted == nil ? nil : PublicationID(subject),
                    reading: reading
                ).write(on: &db)
            }
        } catch let error as PluginError {
            let outcome = FailureDecision.outcome(
                of: error, attempt: job.attempt, maximumAttempts: job.spec.maximumAttempts)
            guard case .keptBack(let pause, _) = outcome else { return JobResult(outcome) }
            return JobResult(outcome) { db in try await LaneClosing(job, error).close(for: pause, on: &db) }
        }
    }

    private func publication(_ id: PublicationID, client: ClientID) async throws -> RemotePost? {
        let rows = try await self.services.pool.query(
            """
            SELECT remote_id, url, published_at FROM publication
            WHERE client_id = \(client) AND publication_id = \(id) AND state IN ('live', 'edited') AND origin <> 'import'
            """)
        guard let row = rows.first else { return nil }
        return RemotePost(
            id: try row.get("remote_id"), url: try row.get("url"), publishedAt: try row.get("published_at"))
    }
}

/// Appends one reading.
struct SampleRecord: Sendable {
    var client: ClientID
    var account: AccountID
    var publication: PublicationID?
    var reading: MetricReading

    func write(on db: inout Transaction) async throws {
        if let publication, self.reading.isGone {
            try await db.execute(
                """
                UPDATE publication SET state = 'gone'
                WHERE client_id = \(self.client) AND publication_id = \(publication) AND state IN ('live', 'edited')
                """)
            return
        }
        let values = self.reading.values
        try await db.execute(
            """
            INSERT INTO sample (client_id, account_id, sample_id, publication_id, read_at, source, definition, views, reach, likes,
                                comments, shares, saves, clicks, video_views, watch_time_ms, profile_visits, follows, engagements,
                                followers, raw)
            VALUES (\(self.client), \(self.account), \(UUID.version7()), \(self.publication), world_now(), 'platform',
                    \(Int32(self.reading.definition)), \(values[.views]), \(values[.reach]), \(values[.likes]),
                    \(values[.comments]), \(values[.shares]), \(values[.saves]), \(values[.clicks]), \(values[.videoViews]),
                    \(values[.watchTimeMilliseconds]), \(values[.profileVisits]), \(values[.follows]), \(values[.engagements]),
                    \(values[.followers]), \(JSONText(self.reading.raw)))
            """)
        if self.publication == nil, let followers = values[.followers] {
            try await db.execute(
                "UPDATE account SET followers = \(followers) WHERE client_id = \(self.client) AND account_id = \(self.account)"
            )
        }
    }
}
