// SPDX-License-Identifier: MIT

import PluginKit

/// The visible pieces of a post on X: its parts, the link put behind the words of the first, and the first comment as a reply.
enum XText {
    /// The words of every piece, in the order in which they appear.
    static func pieces(_ content: PostContent) -> [PostPart] {
        var pieces = content.parts
        if let link = content.link, let first = pieces.first, !first.text.contains(link) {
            pieces[0].text = first.text.isEmpty ? link : "\(first.text)\n\(link)"
        }
        if let comment = content.firstComment, !comment.isEmpty { pieces.append(PostPart(text: comment)) }
        return pieces
    }

    /// Which piece a piece replies to: the one before; for a first comment the post itself.
    static func parent(of piece: Int, in content: PostContent) -> Int? {
        if piece == 0 { return nil }
        return piece >= content.parts.count ? 0 : piece - 1
    }

    /// How many cashtags (`$ABC`) a text has.
    static func cashtags(in text: String) -> Int {
        text.split(whereSeparator: { $0.isWhitespace || "(),;:!?\"".contains($0) }).count { word in
            guard word.first == "$" else { return false }
            let symbol = word.dropFirst().prefix { $0.isASCII && $0.isLetter }
            return (1...6).contains(symbol.count)
        }
    }
}
