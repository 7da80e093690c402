// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import JobQueue
package import PQClient
import Persistence
import PluginKit

/// What became of an import.
package struct ImportReport: Sendable {
    /// How many rows the file has.
    package var rows = 0
    /// The posts that were made.
    package var created: [PostID] = []
    /// How many targets they have.
    package var targets = 0
    /// How many rows were there already, by key or by content.
    package var existing = 0
    /// What is wrong, in the order of lines.
    package var problems: [CSVProblem] = []
    /// What a person should know of rows that were taken.
    package var notes: [CSVProblem] = []
    /// Columns without a meaning.
    package var unknownColumns: [String] = []
    /// Whether anything was written.
    package var isWritten = false
}

/// How an import goes about its work.
package struct ImportOptions: Sendable {
    /// The client for rows that name none.
    package var client: String?
    /// Whether the good rows are written although others are wrong.
    package var takesGoodRows = false
    /// Whether files may be made to fit, for rows that do not say.
    package var transcoding = Transcoding.offered
    /// Whether nothing is written.
    package var isDryRun = false
    /// Whether posts are planned although their accounts have the same already and the platform may refuse them.
    package var allowsDuplicates = false
    /// The folder that media paths are relative to.
    package var folder: URL
    /// Who does it.
    package var actor: String

    /// Makes options.
    package init(client: String? = nil, folder: URL, actor: String) {
        self.client = client
        self.folder = folder
        self.actor = actor
    }
}

/// Imports a file of posts: every row is checked before one is written, and all are written in one transaction.
///
/// A row without a key gets one from its content, so that the same file again makes nothing twice.
package struct PostImport: Sendable {
    let pool: ConnectionPool
    let jobs: JobStore
    let registry: PluginRegistry
    let media: MediaLibrary

    /// Makes an import.
    package init(pool: ConnectionPool, jobs: JobStore, registry: PluginRegistry, media: MediaLibrary) {
        self.pool = pool
        self.jobs = jobs
        self.registry = registry
        self.media = media
    }

    /// Imports the rows of a file.
    ///
    /// - Parameters:
    ///   - file: The file, read.
    ///   - options: How.
    ///   - progress: Called with how many rows were checked.
    /// - Returns: What became of it. With problems nothing was written, unless the good rows were asked for.
    /// - Throws: `PQError` when the database does not answer, and `CancellationError`.
    package func run(
        _ file: ImportFile, _ options: ImportOptions, progress: (Int) -> Void = { _ in }
    ) async throws -> ImportReport {
        var report = ImportReport(rows: file.rows.count + file.problems.count)
        report.problems = file.problems
        report.unknownColumns = file.unknownColumns
        var checker = RowChecker(
            preparers: try await self.preparers(for: file.rows, options),
            media: MediaIntake(library: self.media, folder: options.folder),
            fitting: MediaFitting(library: self.media, isDryRun: options.isDryRun), options: options)
        var prepared: [CheckedRow] = []
        for (index, row) in file.rows.enumerated() {
            if index % 100 == 0 {
                try Task.checkCancellation()
                progress(index)
            }
            switch try await checker.check(row) {
            case .success(let post):
                prepared.append(CheckedRow(line: row.line, post: post))
                report.notes += post.notes.map { CSVProblem(line: row.line, column: $0.field, reason: $0.message) }
            case .failure(let rejection): report.problems += rejection.problems
            }
        }
        let good = try await self.compare(prepared, checker.preparers, into: &report)
        report.problems.sort { $0.line < $1.line }
        report.notes.sort { $0.line < $1.line }
        progress(file.rows.count)
        guard report.problems.isEmpty || options.takesGoodRows else { return report }
        try await self.write(good, isDryRun: options.isDryRun, into: &report)
        return report
    }

    /// A row that can be planned.
    private struct CheckedRow: Sendable {
        var line: Int
        var post: PreparedPost
    }

    /// Compares the rows with the other posts of their accounts and with each other; rows that are there already are left alone.
    ///
    /// - Returns: The posts that no platform would refuse as duplicates.
    private func compare(
        _ rows: [CheckedRow], _ preparers: [String: Result<PostPreparer, ServiceError>],
        into report: inout ImportReport
    ) async throws -> [PreparedPost] {
        var byClient: [ClientID: PostPreparer] = [:]
        for case .success(let preparer) in preparers.values { byClient[preparer.directory.client.id] = preparer }
        var refused: Set<PostID> = []
        for (client, all) in Dictionary(grouping: rows, by: \.post.post.client).sorted(by: { $0.key < $1.key }) {
            guard let preparer = byClient[client] else { continue }
            let (new, start) = try await self.pool.withConnection { db in
                let known = try await PostRepository.find(keys: all.compactMap(\.post.post.key), of: client, on: &db)
                let keys = Set(known.compactMap(\.key))
                let new = all.filter { row in row.post.post.key.map { !keys.contains($0) } ?? true }
                let start = try await PostComparison(
                    for: new.map(\.post), of: preparer.directory, self.registry, now: preparer.now,
                    schedules: ScheduleStore(jobs: self.jobs), on: &db)
                return (new, start)
            }
            var comparison = start
            for row in new {
                for issue in comparison.check(row.post, line: row.line) {
                    let problem = CSVProblem(
                        line: row.line, column: issue.field,
                        reason: "\(issue.account.map { "\($0): " } ?? "")\(issue.message)")
                    if issue.severity == .error {
                        report.problems.append(problem)
                        refused.insert(row.post.post.id)
                    } else {
                        report.notes.append(problem)
                    }
                }
            }
        }
        return rows.map(\.post).filter { !refused.contains($0.post.id) }
    }

    private func preparers(
        for rows: [ImportRow], _ options: ImportOptions
    ) async throws -> [String: Result<PostPreparer, ServiceError>] {
        var preparers: [String: Result<PostPreparer, ServiceError>] = [:]
        for name in Set(rows.compactMap { $0.client ?? options.client }) {
            preparers[name] = try await self.pool.withConnection { db in
                do {
                    return .success(
                        PostPreparer(
                            directory: try await ClientDirectory.load(name, on: &db), registry: self.registry,
                            actor: options.actor,
                            now: try await WorldTime.now(on: &db)))
                } catch let error as ServiceError {
                    return .failure(error)
                }
            }
        }
        return preparers
    }

    private func write(_ prepared: [PreparedPost], isDryRun: Bool, into report: inout ImportReport) async throws {
        let written = try await self.pool.withTransaction { db in
            var known: Set<String> = []
            for (client, posts) in Dictionary(grouping: prepared, by: \.post.client) {
                let found = try await PostRepository.find(keys: posts.compactMap(\.post.key), of: client, on: &db)
                known.formUnion(found.map { "\(client)/\($0.key ?? "")" })
            }
            let new = prepared.filter { !known.contains("\($0.post.client)/\($0.post.key ?? "")") }
            if !isDryRun, !new.isEmpty { try await PostWriter(jobs: self.jobs).write(new, on: &db) }
            return new
        }
        report.created = written.map(\.post.id)
        report.targets = written.reduce(0) { $0 + $1.targets.count }
        report.existing = prepared.count - written.count
        report.isWritten = !isDryRun
    }
}
