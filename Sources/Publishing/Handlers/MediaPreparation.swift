// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import Logging
import PQClient
import Persistence
import PluginKit

/// Brings a target's files to this machine, and checks once more that the platform takes them before anything is sent.
struct MediaPreparation: Sendable {
    let services: HandlerServices
    let manifest: PluginManifest

    /// The content with the paths of its files.
    ///
    /// - Parameters:
    ///   - work: The target.
    ///   - isBegun: Whether something of it was sent: then it goes on, whatever the rules say by now.
    /// - Returns: The content, ready to be sent.
    /// - Throws: `PluginError`: `permanent` for a file that the platform would refuse, `retryAfter` when the store does not answer.
    func prepare(_ work: TargetWork, isBegun: Bool) async throws -> PostContent {
        var content = work.content
        guard content.parts.contains(where: { !$0.media.isEmpty }) else { return content }
        try await RunSlot.current?.take()
        for part in content.parts.indices {
            for item in content.parts[part].media.indices {
                let hash = content.parts[part].media[item].hash
                content.parts[part].media[item].path = try await self.path(of: hash)
            }
        }
        guard !isBegun, let limits = self.manifest.limits(of: content.format), !limits.mediaRules.isEmpty,
            self.services.media.inspector.policy != .off
        else { return content }
        var checked = content
        try await self.inspect(&checked, client: work.client)
        let wrong = limits.checkInsides(of: checked).filter { $0.severity == .error }
        guard let first = wrong.first else { return content }
        throw PluginError(
            .permanent, "\(first.field): \(first.message)",
            nextAction: "Make the file fit, then plan the post again with it")
    }

    private func path(of hash: String) async throws -> String {
        do {
            return try await self.services.media.store.local(hash)
        } catch let error as MediaError where error.kind == .unreachable {
            throw PluginError(.retryAfter, error.description)
        } catch let error as MediaError {
            throw PluginError(
                .needsHuman, error.description,
                nextAction: "Is POSTHORN_MEDIA_STORE the same for every worker and for who planned the post?")
        }
    }

    /// Gives every file what is known of it; what was not known is found now and remembered.
    private func inspect(_ content: inout PostContent, client: ClientID) async throws {
        let hashes = Set(content.parts.flatMap { $0.media.map(\.hash) }).sorted()
        var known = try await self.services.pool.withConnection { db in
            try await MediaRepository.facts(of: hashes, on: &db)
        }
        for part in content.parts.indices {
            for item in content.parts[part].media.indices {
                let media = content.parts[part].media[item]
                if known[media.hash] == nil {
                    known[media.hash] = try await self.look(into: media, client: client)
                }
                content.parts[part].media[item].facts = known[media.hash]
            }
        }
    }

    private func look(into media: MediaItem, client: ClientID) async throws -> MediaFacts? {
        let finding: MediaInspector.Finding
        do {
            finding = try await self.services.media.inspector.inspect(
                media.path, type: media.type, named: String(media.hash.prefix(12)))
        } catch let error as MediaError {
            guard error.kind == .badData else {
                throw PluginError(.needsHuman, error.description, nextAction: "posthorn doctor says what is missing")
            }
            throw PluginError(.permanent, error.description, nextAction: "Plan the post again with a sound file")
        }
        if let note = finding.note { Logger.current.info("a file was not checked", metadata: ["reason": "\(note)"]) }
        guard let facts = finding.facts else { return nil }
        try await self.services.pool.withConnection { db in
            try await MediaRepository.save(facts, of: media.hash, client: client, on: &db)
        }
        return facts
    }
}
