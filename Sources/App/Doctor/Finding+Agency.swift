// SPDX-License-Identifier: MIT

import JobQueue

/// What several commands find, in the same words.
extension Finding {
    /// Work of an app's accounts stands still.
    ///
    /// - Parameters:
    ///   - check: What was looked at.
    ///   - what: What is paused, in words before who paused it.
    ///   - pause: The oldest pause.
    ///   - app: How commands name the app.
    /// - Returns: The finding.
    static func paused(_ check: String, _ what: String, _ pause: Pause, app: String) -> Self {
        .warning(
            check, "\(what) by \(pause.by): \(pause.reason ?? "no reason was given")",
            fix: "settle what the reason says, then `posthorn app resume \(app)`; `posthorn app list` shows all")
    }

    /// Tokens are not renewed any more.
    ///
    /// - Parameters:
    ///   - check: What was looked at.
    ///   - whose: Whose, in words before why: `2 of 5 grants fails`.
    ///   - words: What was said.
    ///   - days: How far ahead to look for those that end.
    /// - Returns: The finding.
    static func renewalFails(_ check: String, _ whose: String, _ words: String?, days: Int) -> Self {
        .warning(
            check, "renewing the tokens of \(whose): \(words ?? "nobody said why")",
            fix:
                "mend what it says; see which end with `posthorn account list --ends-within \(days)d`, and connect those again with `posthorn account reconnect`"
        )
    }

    /// Tokens end that only a person can renew.
    static func tokensEnd(_ check: String, _ what: String, days: Int) -> Self {
        .warning(
            check, "\(what) within \(days) days and cannot be renewed by themselves",
            fix:
                "see which with `posthorn account list --ends-within \(days)d`, and connect them again with `posthorn account reconnect` before"
        )
    }
}
