// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Persistence
import PluginKit

/// Checks the rows of an import, one after the other.
struct RowChecker {
    /// Why a row is not taken.
    struct Rejection: Error {
        var problems: [CSVProblem]
    }

    /// The clients of the file, or why one cannot be used.
    var preparers: [String: Result<PostPreparer, ServiceError>]
    var media: MediaIntake
    var fitting: MediaFitting
    var options: ImportOptions
    /// The lines by key, so that no post is taken twice.
    private var lines: [String: Int] = [:]

    init(
        preparers: [String: Result<PostPreparer, ServiceError>], media: MediaIntake, fitting: MediaFitting,
        options: ImportOptions
    ) {
        self.preparers = preparers
        self.media = media
        self.fitting = fitting
        self.options = options
    }

    mutating func check(_ row: ImportRow) async throws -> Result<PreparedPost, Rejection> {
        func reject(_ column: String?, _ reason: String) -> Result<PreparedPost, Rejection> {
            .failure(Rejection(problems: [CSVProblem(line: row.line, column: column, reason: reason)]))
        }
        guard let client = self.client(of: row) else {
            return reject(
                "client", "says no client: add a column 'client', write accounts as client/account, or give --client")
        }
        guard let found = self.preparers[client] else { return reject("client", "'\(client)' was not looked up") }
        let preparer: PostPreparer
        switch found {
        case .failure(let error): return reject("client", error.message)
        case .success(let value): preparer = value
        }
        var draft = PostDraft(accounts: row.accounts, text: row.text)
        if let at = row.at {
            do {
                draft.time = try PostTime(at, zone: row.zone)
            } catch {
                return reject(error.code == .unknownZone ? "tz" : "at", error.message)
            }
        }
        do {
            let taken = try await self.media.take(row.media, alt: row.alt)
            (draft.media, draft.fileNames, draft.mediaNotes) = (taken.items, taken.names, taken.notes)
        } catch let error as MediaError {
            return reject("media", "\(error)")
        }
        self.copy(row, into: &draft)
        let key = draft.key ?? Self.key(of: row, client: client)
        draft.key = key
        if let line = self.lines.updateValue(row.line, forKey: "\(client)/\(key)") {
            return reject(
                row.key == nil ? nil : "key", "is the same post as line \(line): remove one, or give each its own key")
        }
        do {
            return .success(try preparer.prepare(try await self.fitting.fit(draft, preparer)))
        } catch let error as MediaError {
            return reject("media", "\(error)")
        } catch let error as ServiceError {
            let issues = error.issues.map { issue in
                CSVProblem(
                    line: row.line, column: issue.field,
                    reason: "\(issue.account.map { "\($0): " } ?? "")\(issue.message)")
            }
            return .failure(
                Rejection(
                    problems: issues.isEmpty
                        ? [
                            CSVProblem(
                                line: row.line, column: error.code == .notFound ? "account" : nil, reason: error.message
                            )
                        ] : issues))
        } catch let error as PersistenceError {
            return reject(nil, "\(error)")
        }
    }

    private func client(of row: ImportRow) -> String? { row.client ?? self.options.client }

    private func copy(_ row: ImportRow, into draft: inout PostDraft) {
        draft.format = row.format.map { PostFormat(rawValue: $0) }
        draft.link = row.link
        draft.firstComment = row.firstComment
        draft.labels = row.labels
        draft.campaign = row.campaign
        draft.pillar = row.pillar
        draft.key = row.key
        draft.isDraft = row.isDraft
        draft.allowsDuplicate = self.options.allowsDuplicates
        draft.transcoding = row.transcoding ?? self.options.transcoding
        draft.variants = row.variants
        draft.settings = row.settings
    }

    /// A key from everything that makes the post what it is.
    private static func key(of row: ImportRow, client: String) -> String {
        func flat(_ map: [String: String]) -> [String] {
            map.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
        }
        var parts = [
            client, row.at ?? "", row.zone ?? "", row.text, row.format ?? "", row.link ?? "", row.firstComment ?? "",
        ]
        parts +=
            row.accounts.sorted() + ["\u{1}"] + row.media + ["\u{1}"] + flat(row.variants) + ["\u{1}"]
            + flat(row.settings)
        return "import:" + JSONColumn.hash(text: parts.joined(separator: "\u{0}")).prefix(32)
    }
}
