// SPDX-License-Identifier: MIT

import Foundation

/// Compares words that were sent with words that Meta lists: it may rewrite line breaks, spaces and accents.
package enum GraphText {
    /// The words with one space between them, in composed characters.
    package static func normalized(_ text: String?) -> String {
        (text ?? "").precomposedStringWithCanonicalMapping.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// Whether two texts say the same.
    package static func same(_ sent: String?, _ listed: String?) -> Bool {
        Self.normalized(sent) == Self.normalized(listed)
    }

    /// Whether a listed address leads to a link, perhaps through Facebook's own redirect.
    package static func leads(_ listed: String, to link: String) -> Bool {
        func bare(_ text: String) -> String {
            let text = text.lowercased().trimmingPrefix(/https?:\/\/(www\.)?/)
            return String(text.hasSuffix("/") ? text.dropLast() : text)
        }
        if bare(listed) == bare(link) { return true }
        let target = URLComponents(string: listed)?.queryItems?.first { $0.name == "u" }?.value
        return target.map { bare($0).hasPrefix(bare(link)) } ?? false
    }
}
