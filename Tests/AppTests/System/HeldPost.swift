// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import App

/// What a pretend platform holds of a post: by which call it appeared, and everything that a person could see or the account chose.
struct HeldPost: Hashable, CustomStringConvertible {
    /// The visible call of the ledger.
    var endpoint: String
    var format: String
    var text: String
    /// The types of its files, in order.
    var files: [String] = []
    var altTexts: [String] = []
    var link: String?
    var settings: [String: String] = [:]
    var comments: [String] = []

    var description: String {
        let settings = self.settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return
            ([self.endpoint, self.format, self.text] + self.files + self.altTexts + [self.link ?? "–"] + settings
            + self.comments).joined(separator: " | ")
    }
}

extension SimulatedAgency {
    private struct Page: Decodable {
        struct Post: Decodable {
            var id: String
            var text: String
            var format: String
            var media_types: [String]
            var alt_texts: [String]
            var link: String?
            var settings: [String: String]
            var comments: [String]
        }
        var posts: [Post]
    }

    /// What a platform holds of posts whose visible call the ledger has as effective; stories are told by their files.
    func held(on platform: String) async throws -> Set<HeldPost> {
        let page = try JSONDecoder().decode(
            Page.self, from: await self.admin.posts(query: "platform=\(platform)&limit=100"))
        var calls: [String: String] = [:]
        for entry in try await self.ledger() where entry["took_effect"] as? Bool == true {
            guard entry["kind"] as? String == "post", let id = entry["remote_id"] as? String else { continue }
            // A second effect would be a second post of the list.
            calls[id] = entry["endpoint"] as? String
        }
        var held: Set<HeldPost> = []
        for post in page.posts {
            let row = HeldPost(
                endpoint: calls[post.id] ?? "no call of the ledger", format: post.format, text: post.text,
                files: post.media_types, altTexts: post.alt_texts, link: post.link, settings: post.settings,
                comments: post.comments)
            #expect(held.insert(row).inserted, "\(row) is there twice")
        }
        return held
    }

    /// Compares what a platform holds with what was to be published, and says what differs.
    func expectHeld(
        _ expected: [HeldPost], on platform: String, _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let held = try await self.held(on: platform)
        let (missing, unexpected) = (Set(expected).subtracting(held), held.subtracting(expected))
        #expect(missing.isEmpty, "missing: \(missing)", sourceLocation: location)
        #expect(unexpected.isEmpty, "unexpected: \(unexpected)", sourceLocation: location)
    }
}
