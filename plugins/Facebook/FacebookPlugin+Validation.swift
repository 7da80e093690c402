// SPDX-License-Identifier: MIT

import Foundation
public import PluginKit

extension FacebookPlugin {
    /// Checks content against Facebook's rules.
    public func validate(_ content: PostContent) -> [ValidationIssue] {
        guard let limits = Self.manifest.limits(of: content.format) else {
            let known = Self.manifest.formats.map(\.format.rawValue).joined(separator: ", ")
            return [
                ValidationIssue(.error, field: "format", "Facebook has no format \(content.format); it has \(known).")
            ]
        }
        var composed = content
        if !composed.parts.isEmpty { composed.parts[0].text = FacebookWords.message(content) }
        var issues = limits.check(composed)
        issues += Self.check(link: content.link, content)
        if content.format == .text, content.parts.allSatisfy(\.text.isEmpty), content.link?.isEmpty != false {
            issues.append(ValidationIssue(.error, field: "text", "A post needs words, a link or a file."))
        }
        issues += Self.check(comment: content.firstComment, content)
        for (index, item) in (content.parts.first?.media ?? []).enumerated() {
            if item.altText?.isEmpty == false, Self.videoTypes.contains(item.type) {
                issues.append(
                    ValidationIssue(
                        .warning, field: "media[\(index)].alt_text",
                        "Facebook takes alternative texts for photos alone; this one is left out."))
            }
            if item.type == "image/png", item.byteCount > 1_048_576 {
                issues.append(
                    ValidationIssue(
                        .warning, field: "media[\(index)]",
                        "Facebook shows PNG files above 1 MB blurred; a JPEG looks better."))
            }
        }
        if content.settings["title"] != nil, content.format != .video, content.format != .reel {
            issues.append(ValidationIssue(.error, field: "settings.title", "Only films and reels have a title."))
        }
        return issues
    }

    private static func check(link: String?, _ content: PostContent) -> [ValidationIssue] {
        guard let link, !link.isEmpty else { return [] }
        guard content.format != .story else {
            return [ValidationIssue(.error, field: "link", "A story of a Page has no link.")]
        }
        let parts = URLComponents(string: link)
        guard let host = parts?.host?.lowercased(), ["http", "https"].contains(parts?.scheme?.lowercased()) else {
            return [ValidationIssue(.error, field: "link", "The link is no address beginning with https://.")]
        }
        let isOwn = ["facebook.com", "fb.com"].contains { host == $0 || host.hasSuffix(".\($0)") }
        return content.format == .text && isOwn
            ? [ValidationIssue(.error, field: "link", "Facebook takes no links to facebook.com.")] : []
    }

    private static func check(comment: String?, _ content: PostContent) -> [ValidationIssue] {
        guard let comment, !comment.isEmpty else { return [] }
        if content.format == .story {
            return [ValidationIssue(.error, field: "first_comment", "A story takes no comment.")]
        }
        // The documents name no length for comments (?); a post's is the longest that can be meant.
        return comment.count > Self.textLength
            ? [
                ValidationIssue(
                    .error, field: "first_comment", "The comment is longer than \(Self.textLength) characters.")
            ]
            : []
    }
}
