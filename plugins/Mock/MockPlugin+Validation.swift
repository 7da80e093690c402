// SPDX-License-Identifier: MIT

public import PluginKit

extension MockPlugin {
    /// Checks content against the rules of the contract sheet.
    public func validate(_ content: PostContent) -> [ValidationIssue] {
        guard let limits = Self.manifest.limits(of: content.format) else {
            let known = Self.manifest.formats.map(\.format.rawValue).joined(separator: ", ")
            return [ValidationIssue(.error, field: "format", "Mock has no format \(content.format); it has \(known).")]
        }
        var issues = limits.check(content)
        for (number, part) in content.parts.enumerated() where part.media.isEmpty && part.text.isEmpty {
            issues.append(
                ValidationIssue(
                    .error, field: content.parts.count > 1 ? "parts[\(number)].text" : "text",
                    "A post needs words or a file."))
        }
        if let comment = content.firstComment, comment.count > 500 || comment.isEmpty {
            issues.append(
                ValidationIssue(
                    .error, field: "first_comment", "A comment has 1 to 500 characters; this one has \(comment.count).")
            )
        }
        if let link = content.link, link.count > 2000 || !(link.hasPrefix("https://") || link.hasPrefix("http://")) {
            issues.append(
                ValidationIssue(.error, field: "link", "A link is an http or https URL of at most 2000 characters."))
        }
        return issues
    }
}
