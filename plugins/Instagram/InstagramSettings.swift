// SPDX-License-Identifier: MIT

import Foundation
import MetaGraph
import PluginKit

/// What the settings of a post mean for its container.
enum InstagramSettings {
    private struct Tag: Encodable {
        var username: String
        var x: Double
        var y: Double
    }
    private struct Trial: Encodable { var graduation_strategy: String }

    /// The words, with the link below them: Instagram shows it as words.
    static func caption(_ content: PostContent) -> String {
        let text = content.parts.first?.text ?? ""
        guard let link = content.link, !link.isEmpty, content.format != .story else { return text }
        return text.isEmpty ? link : "\(text)\n\(link)"
    }

    /// Who is asked to co-publish; `nil` for nobody.
    static func collaborators(_ content: PostContent) -> [String]? {
        let names = (content.settings["collaborators"] ?? "").split(separator: ",")
            .map { $0.trimmingCharacters(in: .whitespaces).trimmingPrefix("@") }.filter { !$0.isEmpty }
        return names.isEmpty ? nil : names.map(String.init)
    }

    /// Who is in the picture, as JSON; `nil` for nobody, or for what cannot be read.
    static func userTags(_ content: PostContent) -> String? {
        guard let text = content.settings["user_tags"], let tags = Self.tags(text), !tags.isEmpty else { return nil }
        return GraphCoding.json(tags)
    }

    /// Whether the setting can be read.
    static func isReadable(userTags text: String) -> Bool { Self.tags(text) != nil }

    private static func tags(_ text: String) -> [Tag]? {
        var tags: [Tag] = []
        for part in text.split(separator: " ") {
            guard let match = part.wholeMatch(of: /@?([A-Za-z0-9._]+)@([01](?:\.\d+)?),([01](?:\.\d+)?)/),
                let x = Double(match.2), let y = Double(match.3), x <= 1, y <= 1
            else { return nil }
            tags.append(Tag(username: String(match.1), x: x, y: y))
        }
        return tags
    }

    /// What only reels have.
    static func addReel(_ content: PostContent, to form: inout FormFields) {
        form.append("share_to_feed", content.settings["share_to_feed"])
        form.append("thumb_offset", content.settings["thumb_offset"])
        form.append("cover_url", content.settings["cover_url"])
        form.append("audio_name", content.settings["audio_name"])
        form.append(
            "trial_params", content.settings["trial"].map { GraphCoding.json(Trial(graduation_strategy: $0)) })
    }
}
