// SPDX-License-Identifier: MIT

public import PluginKit

extension XPlugin {
    /// Checks content against X's rules.
    public func validate(_ content: PostContent) -> [ValidationIssue] {
        guard let limits = Self.manifest.limits(of: content.format) else {
            let known = Self.manifest.formats.map(\.format.rawValue).joined(separator: ", ")
            return [ValidationIssue(.error, field: "format", "X has no format \(content.format); it has \(known).")]
        }
        let pieces = XText.pieces(content)
        var composed = content
        composed.parts = Array(pieces.prefix(content.parts.count))
        var issues = limits.check(composed) {
            WeightedLength.of($1, isReply: $0 > 0 || XSettings.parent(content) != nil)
        }
        if pieces.count > content.parts.count, let comment = pieces.last {
            let used = WeightedLength.of(comment.text, isReply: true)
            if used > limits.textLength {
                issues.append(
                    ValidationIssue(
                        .error, field: "first_comment",
                        "The comment has \(used) of at most \(limits.textLength) weighted; shorten it by \(used - limits.textLength)."
                    ))
            }
        }
        for (number, piece) in pieces.enumerated() {
            let prefix = number >= content.parts.count ? "first_comment" : pieces.count > 1 ? "parts[\(number)]." : ""
            issues += Self.check(piece, prefix: prefix, isComment: number >= content.parts.count)
        }
        for setting in Self.manifest.settings {
            guard let value = content.settings[setting.name], !setting.values.isEmpty, !setting.values.contains(value)
            else { continue }
            issues.append(
                ValidationIssue(
                    .error, field: "settings.\(setting.name)",
                    "\(setting.name) is one of \(setting.values.joined(separator: ", "))."))
        }
        return issues + Self.check(pollOf: content) + Self.check(parentOf: content)
    }

    private static func check(pollOf content: PostContent) -> [ValidationIssue] {
        var issues: [ValidationIssue] = []
        func refuse(_ name: String, _ message: String) {
            issues.append(ValidationIssue(.error, field: "settings.\(name)", message))
        }
        guard let answers = XSettings.answers(content) else {
            if content.settings[XSettings.pollMinutes] != nil {
                refuse(XSettings.pollMinutes, "Only a poll has a duration; set poll too, or leave it out.")
            }
            return issues
        }
        if !XSettings.pollCount.contains(answers.count) {
            refuse(
                XSettings.poll,
                "A poll has 2 to 4 answers, separated by |; this one has \(answers.count).")
        }
        for answer in answers where !XSettings.pollLength.contains(answer.count) {
            refuse(
                XSettings.poll,
                answer.isEmpty
                    ? "An answer of the poll is empty."
                    : "The answer '\(answer)' has \(answer.count) of at most \(XSettings.pollLength.upperBound) characters."
            )
        }
        if XSettings.minutes(content).map(XSettings.pollDuration.contains) != true {
            refuse(XSettings.pollMinutes, "A poll runs for 5 to 10080 minutes (7 days).")
        }
        if content.parts.first?.media.isEmpty == false {
            refuse(XSettings.poll, "X takes a poll or files in a post, not both; leave one out.")
        }
        if content.parts.first?.text.isEmpty == true {
            refuse(XSettings.poll, "A poll needs words that ask the question.")
        }
        return issues
    }

    private static func check(parentOf content: PostContent) -> [ValidationIssue] {
        guard content.settings[XSettings.replyTo] != nil else { return [] }
        guard XSettings.parent(content) != nil else {
            return [
                ValidationIssue(
                    .error, field: "settings.\(XSettings.replyTo)",
                    "\(XSettings.replyTo) is the number of a post on X, or its address: https://x.com/NAME/status/NUMBER."
                )
            ]
        }
        return [
            ValidationIssue(
                .warning, field: "settings.\(XSettings.replyTo)",
                "X lets most apps reply to others only where the author has mentioned or quoted the account.")
        ]
    }

    private static func check(_ piece: PostPart, prefix: String, isComment: Bool) -> [ValidationIssue] {
        let field = isComment ? prefix : "\(prefix)text"
        var issues: [ValidationIssue] = []
        if piece.text.isEmpty, piece.media.isEmpty {
            issues.append(ValidationIssue(.error, field: field, "A post needs words or a file."))
        }
        if XText.cashtags(in: piece.text) > 1 {
            issues.append(ValidationIssue(.error, field: field, "X takes one cashtag ($ABC) in a post; leave one."))
        }
        let single = piece.media.filter { $0.type == Self.gifType || Self.videoTypes.contains($0.type) }
        if !single.isEmpty, piece.media.count > 1 {
            issues.append(
                ValidationIssue(
                    .error, field: "\(prefix)media", "X takes up to four images, or one GIF, or one film in a post."))
        }
        return issues
    }
}
