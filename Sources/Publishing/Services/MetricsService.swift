// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import JobQueue
package import PQClient
package import Persistence

/// Whose numbers a person asks for.
package enum MetricsSubject: Sendable, Hashable {
    /// A publication, a target or a post, by identity.
    case publication(String)
    /// An account, by `client/account` or identity.
    case account(String, client: String?)
}

/// The readings of one publication, or of an account itself.
package struct MetricsReading: Sendable {
    /// The account.
    package var account: AccountRow
    /// The client.
    package var client: ClientRow
    /// The publication; `nil` for the account itself.
    package var publication: PublicationRow?
    /// The readings, oldest first.
    package var samples: [SampleRow]
}

/// How metrics are exported.
package enum MetricsExportFormat: Sendable, Hashable {
    /// A header and one line a sample.
    case csv
    /// One JSON object a sample.
    case jsonl
}

/// Shows, fetches and exports metrics.
package struct MetricsService: Sendable {
    let pool: ConnectionPool
    let jobs: JobStore
    let registry: PluginRegistry

    /// Makes a service.
    package init(pool: ConnectionPool, jobs: JobStore, registry: PluginRegistry) {
        self.pool = pool
        self.jobs = jobs
        self.registry = registry
    }

    /// The readings of what a person asks for.
    ///
    /// - Throws: `ServiceError` with code `notFound`.
    package func show(_ subject: MetricsSubject) async throws -> [MetricsReading] {
        try await self.pool.withConnection { db in
            switch subject {
            case .account(let reference, let client):
                let (owner, account) = try await ClientDirectory.account(reference, client: client, on: &db)
                let samples = try await SampleRepository.list(account: account.id, of: owner.id, on: &db)
                return [MetricsReading(account: account, client: owner, samples: samples.reversed())]
            case .publication(let reference):
                let found = try await Self.publications(reference, on: &db)
                var readings: [MetricsReading] = []
                for publication in found {
                    guard let owner = try await ClientRepository.find(publication.client, on: &db),
                        let account = try await AccountRepository.find(publication.account, of: owner.id, on: &db)
                    else { continue }
                    let samples = try await SampleRepository.list(publications: [publication.id], of: owner.id, on: &db)
                    readings.append(
                        MetricsReading(account: account, client: owner, publication: publication, samples: samples))
                }
                return readings
            }
        }
    }

    /// Enqueues readings.
    ///
    /// - Parameters:
    ///   - subject: Whose numbers.
    ///   - at: When; now when `nil`.
    ///   - priority: Low first; the queue's usual one when `nil`.
    ///   - key: The key under which the jobs are made once.
    /// - Returns: The identities of the jobs; with a key that was used before, of the first ones.
    /// - Throws: `ServiceError`: `notFound`, `invalid` when the platform gives no metrics.
    package func fetch(
        _ subject: MetricsSubject, at: Date? = nil, priority: Int16? = nil, key: String? = nil
    ) async throws -> [JobID] {
        try await self.pool.withTransaction { db in
            var jobs: [NewJob] = []
            switch subject {
            case .account(let reference, let client):
                let (owner, account) = try await ClientDirectory.account(reference, client: client, on: &db)
                try self.require(account.platform)
                jobs.append(
                    .fetchAccountMetrics(
                        account: account.id, client: owner.id, platform: account.platform, dueAt: nil, key: nil))
            case .publication(let reference):
                for publication in try await Self.publications(reference, on: &db) {
                    try self.require(publication.platform)
                    guard publication.origin != .import else {
                        throw ServiceError(
                            .invalid, "the publication was imported: the platform cannot be asked for it")
                    }
                    jobs.append(
                        .fetchMetrics(
                            publication: publication.id, client: publication.client, account: publication.account,
                            platform: publication.platform, dueAt: nil, key: nil))
                }
            }
            for index in jobs.indices {
                jobs[index].dueAt = at
                if let priority { jobs[index].priority = priority }
                if let key { jobs[index].key = index == 0 ? key : "\(key)/\(index)" }
            }
            return try await self.jobs.enqueue(jobs, on: &db).map(\.id)
        }
    }

    private func require(_ platform: PlatformID) throws(ServiceError) {
        guard self.registry[platform]?.metrics != nil else {
            throw ServiceError(.invalid, "no metrics can be read from '\(platform)' with this binary")
        }
    }

    private static func publications(
        _ reference: String, on db: inout some SQLSession & ~Copyable
    ) async throws -> [PublicationRow] {
        guard let id = PublicationID(reference) else {
            throw ServiceError(.notFound, "'\(reference)' is no id of a publication, target or post")
        }
        if let publication = try await PublicationRepository.find(id, on: &db) { return [publication] }
        var targets: [TargetRow] = []
        if let target = try await TargetRepository.find(TargetID(id.uuid), on: &db) {
            targets = [target]
        } else if let post = try await PostRepository.find(PostID(id.uuid), on: &db) {
            targets = try await TargetRepository.list(post: post.id, of: post.client, on: &db)
        }
        guard let first = targets.first else {
            throw ServiceError(.notFound, "there is no publication, target or post \(reference)")
        }
        let found = try await PublicationRepository.find(targets: targets.map(\.id), of: first.client, on: &db)
        guard !found.isEmpty else {
            throw ServiceError(
                .notFound,
                "nothing of it is published yet: it is \(targets.map(\.state.rawValue).joined(separator: ", "))")
        }
        return found
    }

    /// Streams all samples of a client, or of one of its accounts, in the order they were read.
    ///
    /// - Parameters:
    ///   - client: The client's slug or identity.
    ///   - account: One of its accounts.
    ///   - since: Only what was read at or after this moment.
    ///   - format: The format.
    ///   - body: Called with each piece; pieces end with a line.
    /// - Throws: `ServiceError` with code `notFound`, and what the body throws.
    package func export(
        client: String, account: String? = nil, since: Date? = nil, format: MetricsExportFormat,
        _ body: ([UInt8]) async throws -> Void
    ) async throws {
        try await self.pool.withTransaction { db in
            let directory = try await ClientDirectory.load(client, on: &db)
            let only = try account.map { try directory.account($0) }
            // COPY takes no binds; what it is to choose is handed over in settings of this transaction.
            _ = try await db.query(
                """
                SELECT set_config('posthorn.client', \(directory.client.id.description), true),
                       set_config('posthorn.account', \(only?.id.description ?? ""), true),
                       set_config('posthorn.since', \(since?.iso8601(decimals: 6) ?? "-infinity"), true)
                """)
            switch format {
            case .csv:
                try await db.copyOut(
                    Statement(sql: "COPY (\(Self.exported)) TO STDOUT (FORMAT csv, HEADER)"), body)
            case .jsonl:
                // With these two control characters, which JSON never holds raw, nothing is quoted: each line is the object as it is.
                try await db.copyOut(
                    Statement(
                        sql: """
                            COPY (SELECT row_to_json(line)::text FROM (\(Self.exported)) AS line)
                            TO STDOUT (FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02')
                            """), body)
            }
        }
    }

    private static let exported = """
        SELECT client.slug AS client, account.slug AS account, account.platform, sample.publication_id, publication.remote_id,
               publication.url, to_char(publication.published_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS published_at,
               to_char(sample.read_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS read_at, sample.source, sample.definition,
               publication.paid, publication.content_type, sample.views, sample.reach, sample.likes, sample.comments, sample.shares,
               sample.saves, sample.clicks, sample.video_views, sample.watch_time_ms, sample.profile_visits, sample.follows,
               sample.engagements, sample.followers, sample.reactions,
               coalesce(to_char(sample.day_ends AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'lifetime') AS window
        FROM sample
        JOIN client ON client.client_id = sample.client_id
        JOIN account ON account.client_id = sample.client_id AND account.account_id = sample.account_id
        LEFT JOIN publication
               ON publication.client_id = sample.client_id AND publication.publication_id = sample.publication_id
        WHERE sample.client_id = current_setting('posthorn.client')::uuid
          AND (current_setting('posthorn.account') = '' OR sample.account_id::text = current_setting('posthorn.account'))
          AND sample.read_at >= current_setting('posthorn.since')::timestamptz
        ORDER BY sample.read_at, sample.sample_id
        """
}
