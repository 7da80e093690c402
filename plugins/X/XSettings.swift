// SPDX-License-Identifier: MIT

import Foundation
import PluginKit

/// The settings of a post on X that are more than a choice between words.
enum XSettings {
    static let poll = "poll"
    static let pollMinutes = "poll_minutes"
    static let replyTo = "reply_to"

    /// How many answers a poll has.
    static let pollCount = 2...4
    /// How many characters an answer has.
    static let pollLength = 1...25
    /// How long a poll runs, in minutes.
    static let pollDuration = 5...10_080
    /// How long it runs when nothing is said: a day.
    static let usualPollDuration = 1440

    /// The answers of a post's poll, which are separated by `|`; `nil` when there is none.
    static func answers(_ content: PostContent) -> [String]? {
        content.settings[Self.poll].map { text in
            text.split(separator: "|", omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: .whitespacesAndNewlines)
            }
        }
    }

    /// How long the poll runs, in minutes; `nil` when what is said is no number.
    static func minutes(_ content: PostContent) -> Int? {
        guard let text = content.settings[Self.pollMinutes] else { return Self.usualPollDuration }
        return Int(text)
    }

    /// The post that a post answers, given by its identity or its address; `nil` when it answers none, or what is said names no post.
    static func parent(_ content: PostContent) -> String? {
        guard let text = content.settings[Self.replyTo] else { return nil }
        if self.isID(text) { return text }
        guard
            let match = text.wholeMatch(
                of: /https:\/\/(www\.|mobile\.)?(x|twitter)\.com\/\w+(\/web)?\/status\/([0-9]{1,19})([\/?#].*)?/)
        else { return nil }
        return String(match.4)
    }

    private static func isID(_ text: String) -> Bool {
        (1...19).contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}
