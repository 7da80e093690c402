// SPDX-License-Identifier: MIT

import Foundation
import PQClient
import Persistence
import PluginKit

/// Makes files that a platform would refuse into others that it takes, one for each account that needs one; the originals stay.
struct MediaFitting {
    var library: MediaLibrary
    /// Whether nothing is made, and only told what would be.
    var isDryRun = false
    /// Told before a file is made, which may take minutes.
    var progress: @Sendable (String) -> Void = { _ in }

    /// How far the new film's length may be from the old one's.
    private static let margin = Duration.seconds(1)

    private struct Wanted: Hashable {
        var hash: String
        var conversion: MediaConversion
    }

    /// Fits a post's files to its accounts, when the draft asks for it and nothing else stands in the way.
    ///
    /// - Parameters:
    ///   - draft: The post.
    ///   - preparer: Who checks it.
    /// - Returns: The draft with files for the accounts that need their own, and a note for each.
    /// - Throws: `ServiceError` with what is wrong with the post that no conversion mends; `MediaError`; `PQError`.
    func fit(_ draft: PostDraft, _ preparer: PostPreparer) async throws -> PostDraft {
        guard let asked = draft.transcoding, asked != .offered, !draft.media.isEmpty else { return draft }
        guard self.library.inspector.policy != .off, let converting = self.library.converting else {
            throw MediaError(
                "files cannot be made to fit when nobody looks into them: POSTHORN_MEDIA_PROBE is off",
                kind: .configuration)
        }
        let plans = preparer.fits(draft, mayPad: asked == .pad)
        guard !plans.isEmpty else { return draft }
        var outlook = draft
        for (account, conversions) in plans {
            outlook.fitted[account] = zip(draft.media, conversions).map { item, conversion in
                conversion.map { MediaPlanner.outlook(of: item, after: $0) } ?? item
            }
        }
        // Nothing is made for a post that would be refused for something else.
        _ = try preparer.prepare(outlook)
        var fitted = outlook
        var made: [Wanted: MediaItem] = [:]
        for (account, conversions) in plans.sorted(by: { $0.key < $1.key }) {
            for (place, conversion) in conversions.enumerated() {
                guard let conversion else { continue }
                let item = draft.media[place]
                let name = draft.fileNames[item.hash] ?? String(item.hash.prefix(12))
                if !self.isDryRun {
                    let wanted = Wanted(hash: item.hash, conversion: conversion)
                    let new: MediaItem
                    if let known = made[wanted] {
                        new = known
                    } else {
                        self.progress("making \(name) fit \(account)")
                        new = try await self.make(item, named: name, conversion, converting)
                        made[wanted] = new
                    }
                    fitted.fitted[account]?[place] = new
                    fitted.sources[new.hash] = item.hash
                    fitted.fileNames[new.hash] = draft.fileNames[item.hash]
                }
                guard let new = fitted.fitted[account]?[place] else { continue }
                let changes = Self.changes(from: item, to: new, conversion).joined(separator: ", ")
                let verb = self.isDryRun ? "would be made to fit" : "was made to fit"
                fitted.mediaNotes.append(
                    PostIssue(
                        .warning, account: account, field: "media[\(place)]",
                        "\(name) \(verb): \(changes); the original is kept"))
            }
        }
        return fitted
    }

    private func make(
        _ item: MediaItem, named name: String, _ conversion: MediaConversion, _ converting: any MediaConverting
    ) async throws -> MediaItem {
        let library = self.library
        let path = try await library.store.local(item.hash)
        let stored = try await converting.withFile(from: path, type: item.type, conversion) { file in
            try await library.store.store(file: file, named: name, isOurs: true)
        }
        let facts = try await library.inspect(stored, named: name).facts
        guard let facts else {
            throw MediaError("what was made of \(name) cannot be looked into", kind: .configuration)
        }
        if conversion.film != nil, let old = item.facts?.duration, let new = facts.duration {
            let difference = new > old ? new - old : old - new
            guard difference <= max(Self.margin, old / 100) else {
                throw MediaError("\(name) could not be made to fit: it would last \(new) instead of \(old)")
            }
        }
        return MediaItem(
            hash: stored.hash, type: stored.type, byteCount: stored.byteCount, altText: item.altText, facts: facts)
    }

    /// What is different, for a person.
    private static func changes(from old: MediaItem, to new: MediaItem, _ conversion: MediaConversion) -> [String] {
        var changes: [String] = []
        func tell(_ before: String?, _ after: String?, _ what: String = "") {
            guard let before, let after, before != after else { return }
            changes.append("\(what)\(before) became \(after)")
        }
        tell(old.type, new.type)
        func size(_ facts: MediaFacts?) -> String? {
            guard let width = facts?.width, let height = facts?.height else { return nil }
            return MediaConversion.Size(width: width, height: height).description
        }
        tell(size(old.facts), size(new.facts))
        if conversion.picture != conversion.canvas { changes.append("with bars around \(conversion.picture)") }
        guard let film = conversion.film else { return changes + Self.bytes(old, new) }
        if film.frameRate != nil {
            func rate(_ facts: MediaFacts?) -> String? {
                facts?.frameRate.map {
                    $0.formatted(.number.precision(.fractionLength(0...2)).locale(.init(identifier: "en_GB")))
                }
            }
            tell(rate(old.facts), rate(new.facts).map { "\($0) pictures a second" })
        }
        tell(old.facts?.videoCodec, new.facts?.videoCodec)
        tell(old.facts?.audioCodec, new.facts?.audioCodec, "sound ")
        return changes + Self.bytes(old, new)
    }

    private static func bytes(_ old: MediaItem, _ new: MediaItem) -> [String] {
        guard new.byteCount < old.byteCount else { return [] }
        return ["\(old.byteCount) bytes became \(new.byteCount)"]
    }
}

extension PostPreparer {
    /// What to make of the files for each account that does not take them as they are, by its slug.
    func fits(_ draft: PostDraft, mayPad: Bool) -> [String: [MediaConversion?]] {
        var issues: [PostIssue] = []
        let accounts = self.accounts(draft, &issues)
        let master = self.master(draft, accounts, &issues)
        return accounts.reduce(into: [:]) { plans, account in
            guard let plugin = self.registry[account.platform] else { return }
            let resolver = ContentResolver(
                account: account.slug.rawValue, plugin: plugin, traits: account.traits)
            plans[account.slug.rawValue] = MediaFit(resolver: resolver, mayPad: mayPad).plan(master)
        }
    }
}

extension PostService {
    /// Fits a draft's files to its accounts, when it asks for that; a post whose key is there already is left as it is.
    ///
    /// - Parameters:
    ///   - draft: The post.
    ///   - client: The client's slug or identity.
    ///   - library: Where its files lie.
    ///   - isDryRun: Whether nothing is made, and only told what would be.
    ///   - actor: Who does it.
    ///   - progress: Told before a file is made.
    /// - Returns: The draft to create.
    /// - Throws: `ServiceError` with everything that is wrong with the post beside its files; `MediaError` when a file cannot be made.
    package func fitted(
        _ draft: PostDraft, client: String, library: MediaLibrary, isDryRun: Bool = false, actor: String,
        progress: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> PostDraft {
        guard let asked = draft.transcoding, asked != .offered else { return draft }
        let preparer = try await self.pool.withTransaction { db -> PostPreparer? in
            guard try await self.existing(draft.key, client: client, on: &db) == nil else { return nil }
            return try await self.preparer(client: client, actor: actor, on: &db)
        }
        guard let preparer else { return draft }
        return try await MediaFitting(library: library, isDryRun: isDryRun, progress: progress).fit(draft, preparer)
    }
}
