// SPDX-License-Identifier: MIT

import Domain
import Persistence
import PluginKit

/// Fits a post's master content to one account: its words, its shape, its settings.
struct ContentResolver {
    /// The account's slug.
    var account: String
    /// The account's plugin.
    var plugin: RegisteredPlugin
    /// What the plugin's rules must know of the account.
    var traits: [String] = []

    /// Makes what will be sent and checks it against the manifest and the plugin's own rules.
    func resolve(_ master: MasterContent) -> (content: PostContent, issues: [PostIssue]) {
        let variant = master.variants[self.account]
        let text = variant?.text ?? master.text
        let files = variant?.media ?? master.media
        let manifest = self.plugin.manifest
        var issues: [PostIssue] = []
        let (settings, wrong) = self.settings(master.settings)
        issues += wrong

        func content(_ format: PostFormat) -> PostContent {
            let texts = format == .thread ? Self.parts(of: text) : [text]
            let media = files.map { item in
                var item = item
                item.path = ""
                return item
            }
            let parts = texts.enumerated().map { PostPart(text: $1, media: $0 == 0 ? media : []) }
            return PostContent(
                format: format, parts: parts, link: master.link, firstComment: master.firstComment, settings: settings)
        }
        func check(_ format: PostFormat) -> [ValidationIssue] {
            let made = content(format)
            return self.plugin.plugin.validate(made)
                + (self.plugin.accountAware?.validate(made, for: self.traits) ?? [])
        }
        /// What is known of a file is kept once, with the file.
        func stored(_ format: PostFormat) -> PostContent {
            var stored = content(format)
            for part in stored.parts.indices {
                for item in stored.parts[part].media.indices { stored.parts[part].media[item].facts = nil }
            }
            return stored
        }

        let wanted = variant?.format ?? master.format
        var format = wanted ?? Self.usualFormat(text: text, media: files)
        if wanted == nil, manifest.limits(of: format) == nil, format != .thread {
            // The platform has no such shape: the first of its shapes that takes the content.
            format = manifest.formats.map(\.format).first { !check($0).contains { $0.severity == .error } } ?? format
        }
        guard manifest.limits(of: format) != nil else {
            let known = manifest.formats.map(\.format.rawValue).joined(separator: ", ")
            issues.append(
                self.issue(
                    .error, "format",
                    "\(manifest.name) has no format '\(format)'; it has: \(known). Choose one with --format."))
            return (stored(format), issues)
        }
        issues += check(format).map { self.issue($0.severity, $0.field, $0.message) }
        return (stored(format), issues)
    }

    /// The formats that a post may take when its files are made to fit, in the order in which they are tried.
    func candidates(_ master: MasterContent) -> [FormatLimits] {
        let variant = master.variants[self.account]
        let manifest = self.plugin.manifest
        if let wanted = variant?.format ?? master.format { return manifest.limits(of: wanted).map { [$0] } ?? [] }
        let usual = Self.usualFormat(text: variant?.text ?? master.text, media: variant?.media ?? master.media)
        return manifest.limits(of: usual).map { [$0] } ?? manifest.formats
    }

    /// The settings that are for this platform, without its name.
    private func settings(_ all: [String: String]) -> (settings: [String: String], issues: [PostIssue]) {
        let manifest = self.plugin.manifest
        var own: [String: String] = [:]
        var issues: [PostIssue] = []
        for (name, value) in all.sorted(by: { $0.key < $1.key }) where name.hasPrefix("\(manifest.id).") {
            let short = String(name.dropFirst(manifest.id.rawValue.count + 1))
            guard let setting = manifest.settings.first(where: { $0.name == short }) else {
                let hint = NearestName.hint(short, in: manifest.settings.map(\.name))
                issues.append(
                    self.issue(.error, "settings.\(short)", "\(manifest.name) has no setting '\(short)'.\(hint)"))
                continue
            }
            if !setting.values.isEmpty, !setting.values.contains(value) {
                issues.append(
                    self.issue(
                        .error, "settings.\(short)", "'\(value)' is none of: \(setting.values.joined(separator: ", "))."
                    ))
            }
            own[short] = value
        }
        return (own, issues)
    }

    private func issue(_ severity: ValidationIssue.Severity, _ field: String, _ message: String) -> PostIssue {
        PostIssue(severity, account: self.account, field: field, message)
    }

    /// The shape that text and media suggest.
    static func usualFormat(text: String, media: [MediaItem]) -> PostFormat {
        if Self.parts(of: text).count > 1 { return .thread }
        guard let first = media.first else { return .text }
        if media.count > 1 { return .carousel }
        return first.type.hasPrefix("video/") ? .video : .image
    }

    /// The parts of a thread: lines that hold only `---` separate them.
    static func parts(of text: String) -> [String] {
        var parts: [[Substring]] = [[]]
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.allSatisfy({ $0 == "-" || $0 == " " || $0 == "\r" }), line.filter({ $0 == "-" }).count == 3 {
                parts.append([])
            } else {
                parts[parts.count - 1].append(line)
            }
        }
        let texts = parts.map { $0.joined(separator: "\n").trimmed }.filter { !$0.isEmpty }
        return texts.isEmpty ? [text] : texts
    }
}

extension String {
    /// The text without white space at both ends.
    var trimmed: String {
        var rest = self[...]
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return String(rest)
    }
}
