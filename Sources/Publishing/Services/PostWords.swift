// SPDX-License-Identifier: MIT

import Foundation
import PluginKit

/// The words of a post in the form in which two posts are compared: without case, spaces, and what platforms do to links and signs.
struct PostWords: Sendable, Hashable {
    /// The words, in lower case, without links and with single spaces: posts that say the same have the same.
    let words: String
    /// The links in their order, without scheme and last slash.
    private let links: [String]

    /// Whether there are words.
    var isEmpty: Bool { self.words.isEmpty && self.links.isEmpty }

    /// The words of a post that is planned: all its parts, and the link that is shown as a card.
    init(_ content: PostContent) {
        self.init(content.parts.map(\.text).joined(separator: "\n"))
    }

    /// The words of a post that was found.
    init(_ text: String) {
        var words = ""
        var links: [String] = []
        for piece in Self.withoutEntities(text).precomposedStringWithCanonicalMapping.split(
            whereSeparator: \.isWhitespace)
        {
            let lower = piece.lowercased()
            if lower.hasPrefix("https://") || lower.hasPrefix("http://") {
                links.append(Self.plain(String(piece)))
            } else {
                words += (words.isEmpty ? "" : " ") + lower
            }
        }
        self.words = words
        self.links = links
    }

    /// Whether two posts say the same.
    ///
    /// Links that a platform shortened (`t.co`) say nothing about where they lead, and a file adds one of its own at the end.
    func isSame(as other: PostWords) -> Bool {
        guard self.words == other.words else { return false }
        let (own, theirs) = (self.links.filter { !Self.isShort($0) }, other.links.filter { !Self.isShort($0) })
        let areKnown = own.count == self.links.count && theirs.count == other.links.count
        return areKnown ? own == theirs : !self.words.isEmpty
    }

    /// Whether two posts that say the same have the same links for certain: none of theirs is one that says nothing.
    func hasSameLinks(as other: PostWords) -> Bool { self.links == other.links }

    private static func isShort(_ link: String) -> Bool { link.hasPrefix("t.co/") }

    private static func plain(_ url: String) -> String {
        var rest = url[...]
        if let slashes = rest.range(of: "://") { rest = rest[slashes.upperBound...] }
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        // Hosts have no case; what follows may have one.
        let host = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        return host.lowercased() + rest.dropFirst(host.count)
    }

    private static func withoutEntities(_ text: String) -> String {
        text.replacingOccurrences(of: "&lt;", with: "<").replacingOccurrences(of: "&gt;", with: ">")
            .replacingOccurrences(of: "&amp;", with: "&")
    }
}
