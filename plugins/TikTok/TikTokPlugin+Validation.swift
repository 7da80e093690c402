// SPDX-License-Identifier: MIT

public import PluginKit

extension TikTokPlugin {
    /// What an installation needs so that TikTok can fetch files.
    static let publicAddress =
        "Set POSTHORN_PUBLIC_URL to the address that the world reaches `posthorn serve` at, and verify it as a URL property of the TikTok app."
    /// What a person has to say of every post.
    static let choosePrivacy =
        "Set tiktok.privacy_level to one of: \(TikTokSettings.privacyLevels.joined(separator: ", "))."

    /// Checks content against TikTok's rules.
    public func validate(_ content: PostContent) -> [ValidationIssue] {
        guard let limits = Self.manifest.limits(of: content.format) else {
            let known = Self.manifest.formats.map(\.format.rawValue).joined(separator: ", ")
            return [
                ValidationIssue(.error, field: "format", "TikTok has no format \(content.format); it has \(known).")
            ]
        }
        var composed = content
        if !composed.parts.isEmpty { composed.parts[0].text = TikTokSettings.caption(content) }
        var issues = limits.check(composed) { $1.utf16.count }
        issues += Self.check(extras: content)
        issues += self.checkAddresses(content)
        issues += Self.check(privacy: content)
        issues += Self.check(settings: content)
        return issues
    }

    private static func check(extras content: PostContent) -> [ValidationIssue] {
        var issues: [ValidationIssue] = []
        if content.firstComment?.isEmpty == false {
            issues.append(
                ValidationIssue(
                    .error, field: "first_comment",
                    "TikTok's open API has no comments: leave the first comment out for this account."))
        }
        if content.link?.isEmpty == false {
            issues.append(
                ValidationIssue(.warning, field: "link", "TikTok shows a link in a text as words that nobody can tap."))
        }
        for (index, item) in (content.parts.first?.media ?? []).enumerated() where item.altText?.isEmpty == false {
            issues.append(
                ValidationIssue(
                    .warning, field: "media[\(index)].alt_text",
                    "TikTok takes no alternative texts; this one is left out."))
        }
        return issues
    }

    private func checkAddresses(_ content: PostContent) -> [ValidationIssue] {
        guard self.context.publicMedia == nil, TikTokSettings.isPulled(content) else { return [] }
        return (content.parts.first?.media ?? []).indices.map { index in
            ValidationIssue(
                .error, field: "media[\(index)]",
                "TikTok fetches it from a public address, and this installation has none. \(Self.publicAddress)")
        }
    }

    private static func check(privacy content: PostContent) -> [ValidationIssue] {
        let field = "settings.\(TikTokSettings.privacy)"
        guard let level = content.settings[TikTokSettings.privacy] else {
            return [
                ValidationIssue(
                    .error, field: field, "TikTok wants a person to say who may see a post. \(Self.choosePrivacy)")
            ]
        }
        guard level == TikTokSettings.onlySelf, content.settings[TikTokSettings.brandContent] == "true" else {
            return []
        }
        return [
            ValidationIssue(
                .error, field: field,
                "A paid partnership cannot be for the creator alone; choose another privacy_level.")
        ]
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
        let isVideo = content.format == .video
        for name in isVideo ? TikTokSettings.ofPhotos : TikTokSettings.ofVideos where content.settings[name] != nil {
            refuse(name, "Only \(isVideo ? "photos" : "films") have \(name).")
        }
        if let title = content.settings[TikTokSettings.title], title.utf16.count > Self.titleLength {
            refuse(
                TikTokSettings.title, "The title has \(title.utf16.count) of at most \(Self.titleLength) UTF-16 units.")
        }
        if let time = content.settings[TikTokSettings.coverTime], Int(time).map({ $0 >= 0 }) != true {
            refuse(TikTokSettings.coverTime, "\(TikTokSettings.coverTime) is a number of milliseconds.")
        }
        let count = content.parts.first?.media.count ?? 0
        if let index = content.settings[TikTokSettings.coverIndex], Int(index).map((0..<max(1, count)).contains) != true
        {
            refuse(
                TikTokSettings.coverIndex,
                "\(TikTokSettings.coverIndex) counts the photos from 0 to \(max(0, count - 1)).")
        }
        return issues
    }
}
