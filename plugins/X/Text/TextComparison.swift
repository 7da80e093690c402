// SPDX-License-Identifier: MIT

import Foundation

/// Compares what was sent with what X gives back: links have become `t.co` links, `&`, `<` and `>` are entities, and media add a link of
/// their own at the end.
enum TextComparison {
    /// How much alike two texts are.
    enum Likeness: Sendable, Equatable {
        /// The same words and, as far as can be seen, the same links.
        case same
        /// The same words with a link that leads elsewhere.
        case otherLink
        /// Other words.
        case different
    }

    private static let mark = "\u{FFFC}"

    /// Compares.
    ///
    /// - Parameters:
    ///   - sent: The words that were sent.
    ///   - listed: The words that X lists.
    ///   - links: Where the `t.co` links lead, by their URL, as far as X says.
    ///   - hasMedia: Whether files were sent along.
    ///   - isReply: Whether it answers a post: X may have put mentions of those it answers in front.
    /// - Returns: How much alike they are.
    static func compare(
        sent: String, listed: String, links: [String: String] = [:], hasMedia: Bool, isReply: Bool
    ) -> Likeness {
        var rest = listed[...]
        while true {
            let likeness = Self.compare(sent: sent, listed: String(rest), links: links, hasMedia: hasMedia)
            guard isReply, likeness == .different, let shorter = WeightedLength.withoutLeadingMention(rest) else {
                return likeness
            }
            rest = shorter
        }
    }

    /// Compares the words as they stand.
    static func compare(sent: String, listed: String, links: [String: String] = [:], hasMedia: Bool) -> Likeness {
        let ours = Normal(sent)
        let theirs = Normal(Self.decodeEntities(listed))
        var urls = theirs.urls
        if ours.words != theirs.words {
            guard hasMedia, urls.last.map(Self.isShort) == true, ours.words == theirs.withoutLastURL else {
                return .different
            }
            urls.removeLast()
        }
        for (own, other) in zip(ours.urls, urls) {
            let target = Self.isShort(other) ? links[other] : other
            if let target, !Self.isShort(own), Self.plain(own) != Self.plain(target) { return .otherLink }
        }
        return .same
    }

    private static func decodeEntities(_ text: String) -> String {
        text.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&quot;", with: "\"").replacing(
            "&#39;", with: "'"
        )
        .replacing("&amp;", with: "&")
    }

    private static func isShort(_ url: String) -> Bool { Self.plain(url).hasPrefix("t.co/") }

    /// A URL without what a redirect or a browser may change: scheme, case of the host, a last slash.
    private static func plain(_ url: String) -> String {
        var rest = url[...]
        for scheme in ["https://", "http://"] where rest.lowercased().hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.count)
        }
        let host = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let path = rest.dropFirst(host.count)
        let joined = host.lowercased() + path
        return joined.hasSuffix("/") ? String(joined.dropLast()) : joined
    }

    /// A text in normal form with a mark in place of each URL.
    private struct Normal {
        var words: String
        var withoutLastURL: String
        var urls: [String] = []

        init(_ text: String) {
            let normal = text.precomposedStringWithCanonicalMapping
            var out = ""
            var rest = normal.startIndex
            for range in URLFinder.urls(in: normal) {
                out += normal[rest..<range.lowerBound] + TextComparison.mark
                self.urls.append(String(normal[range]))
                rest = range.upperBound
            }
            out += normal[rest...]
            self.words = Self.squeeze(out)
            self.withoutLastURL =
                self.words.hasSuffix(TextComparison.mark) ? Self.squeeze(String(self.words.dropLast())) : self.words
        }

        private static func squeeze(_ text: String) -> String {
            text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
    }
}
