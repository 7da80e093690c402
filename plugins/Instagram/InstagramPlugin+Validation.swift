// SPDX-License-Identifier: MIT

import Foundation
public import PluginKit

extension InstagramPlugin {
    /// What an installation needs so that Instagram can fetch files.
    static let publicAddress =
        "Set POSTHORN_PUBLIC_URL to the address that the world reaches `posthorn serve` at, then retry."

    /// Checks content against Instagram's rules.
    public func validate(_ content: PostContent) -> [ValidationIssue] {
        guard let limits = Self.manifest.limits(of: content.format) else {
            let known = Self.manifest.formats.map(\.format.rawValue).joined(separator: ", ")
            return [
                ValidationIssue(.error, field: "format", "Instagram has no format \(content.format); it has \(known).")
            ]
        }
        var composed = content
        if !composed.parts.isEmpty { composed.parts[0].text = InstagramSettings.caption(content) }
        var issues = limits.check(composed)
        issues += Self.check(caption: InstagramSettings.caption(content), of: content)
        issues += Self.check(altTexts: content)
        issues += self.checkAddresses(content)
        issues += Self.check(settings: content)
        return issues
    }

    private static func check(caption: String, of content: PostContent) -> [ValidationIssue] {
        var issues: [ValidationIssue] = []
        let hashtags = caption.matches(of: /#[\p{L}\p{N}_]+/).count
        if hashtags > 30 {
            issues.append(
                ValidationIssue(
                    .error, field: "text", "The caption has \(hashtags) of at most 30 hashtags; leave some out."))
        }
        let mentions = caption.matches(of: /(?:^|[^\p{L}\p{N}_.])@[A-Za-z0-9_.]+/).count
        if mentions > 20 {
            issues.append(
                ValidationIssue(
                    .error, field: "text", "The caption mentions \(mentions) of at most 20 people; leave some out."))
        }
        if content.format == .story {
            if content.link?.isEmpty == false {
                issues.append(ValidationIssue(.error, field: "link", "A story sent by an app has no link."))
            }
            if content.firstComment?.isEmpty == false {
                issues.append(ValidationIssue(.error, field: "first_comment", "A story takes no comment."))
            }
        } else if content.link?.isEmpty == false {
            issues.append(
                ValidationIssue(
                    .warning, field: "link", "Instagram shows a link in a caption as words that nobody can tap."))
        }
        if let comment = content.firstComment, comment.count > Self.captionLength {
            issues.append(
                ValidationIssue(
                    .error, field: "first_comment", "The comment is longer than \(Self.captionLength) characters."))
        }
        return issues
    }

    private static func check(altTexts content: PostContent) -> [ValidationIssue] {
        (content.parts.first?.media ?? []).enumerated().compactMap { index, item in
            guard item.altText?.isEmpty == false, item.type != Self.imageType || content.format == .story else {
                return nil
            }
            return ValidationIssue(
                .warning, field: "media[\(index)].alt_text",
                "Instagram takes alternative texts for pictures of posts alone; this one is left out.")
        }
    }

    private func checkAddresses(_ content: PostContent) -> [ValidationIssue] {
        guard self.context.publicMedia == nil else { return [] }
        return (content.parts.first?.media ?? []).enumerated().compactMap { index, item in
            guard item.type == Self.imageType else { return nil }
            return ValidationIssue(
                .error, field: "media[\(index)]",
                "Instagram fetches pictures from a public address, and this installation has none. \(Self.publicAddress)"
            )
        }
    }

    /// Checks whether films could be fetched, too: with Instagram's own login nothing is uploaded.
    private func checkFilms(_ content: PostContent) -> [ValidationIssue] {
        guard self.context.publicMedia == nil else { return [] }
        return (content.parts.first?.media ?? []).enumerated().compactMap { index, item in
            guard item.type != Self.imageType else { return nil }
            return ValidationIssue(
                .error, field: "media[\(index)]",
                "With Instagram's own login, Instagram fetches films from a public address too, and this installation has none. \(Self.publicAddress)"
            )
        }
    }

    private static func check(settings content: PostContent) -> [ValidationIssue] {
        var issues: [ValidationIssue] = []
        func refuse(_ name: String, _ message: String) {
            issues.append(ValidationIssue(.error, field: "settings.\(name)", message))
        }
        for setting in Self.manifest.settings {
            guard let value = content.settings[setting.name], !setting.values.isEmpty, !setting.values.contains(value)
            else { continue }
            refuse(setting.name, "\(setting.name) is one of \(setting.values.joined(separator: ", ")).")
        }
        let ofReels = ["share_to_feed", "thumb_offset", "cover_url", "audio_name", "trial"]
        for name in ofReels where content.settings[name] != nil && content.format != .reel {
            refuse(name, "Only reels have \(name).")
        }
        if let names = InstagramSettings.collaborators(content), names.count > 3 {
            refuse("collaborators", "At most three people can be asked to co-publish.")
        }
        if content.format == .story {
            for name in ["collaborators", "location_id", "user_tags", "is_ai_generated"]
            where content.settings[name] != nil {
                refuse(name, "A story has no \(name).")
            }
        }
        if let offset = content.settings["thumb_offset"], Int(offset).map({ $0 >= 0 }) != true {
            refuse("thumb_offset", "thumb_offset is a number of milliseconds.")
        }
        if let cover = content.settings["cover_url"], let problem = PublicAddress.problem(with: cover) {
            refuse("cover_url", "cover_url \(problem): give one that Instagram can fetch.")
        }
        if let tags = content.settings["user_tags"], !InstagramSettings.isReadable(userTags: tags) {
            refuse("user_tags", "user_tags are written name@0.5,0.8, separated by spaces; both numbers from 0 to 1.")
        }
        return issues
    }
}

extension InstagramPlugin: AccountAware {
    /// The word for accounts of Instagram's own login.
    static let ownLogin = "instagram-login"

    /// Which login the account was connected by.
    public func traits(of tokens: TokenSet) -> [String] { tokens.isInstagramLogin ? [Self.ownLogin] : [] }

    /// Refuses films that Instagram could not fetch, for accounts of its own login.
    public func validate(_ content: PostContent, for traits: [String]) -> [ValidationIssue] {
        traits.contains(Self.ownLogin) ? self.checkFilms(content) : []
    }
}
