// SPDX-License-Identifier: MIT

extension FormatLimits {
    /// Checks what every platform limits in the same way: the number of parts and files, their types, sizes and insides, alternative
    /// texts and the length of the words.
    ///
    /// - Parameters:
    ///   - content: What is to be published in this format.
    ///   - length: How the platform counts a part's words; characters as people see them unless given.
    /// - Returns: What is wrong, each with its field.
    public func check(
        _ content: PostContent, length: (_ part: Int, _ text: String) -> Int = { $1.count }
    ) -> [ValidationIssue] {
        var issues: [ValidationIssue] = []
        let parts = self.minimumParts...max(self.minimumParts, self.maximumParts)
        if !parts.contains(content.parts.count) {
            issues.append(
                ValidationIssue(
                    .error, field: "parts",
                    "A \(self.format) has \(Self.range(parts, "part")); this one has \(content.parts.count)."))
        }
        for (number, part) in content.parts.enumerated() {
            let prefix = content.parts.count > 1 ? "parts[\(number)]." : ""
            let used = length(number, part.text)
            if used > self.textLength {
                issues.append(
                    ValidationIssue(
                        .error, field: "\(prefix)text",
                        "The text has \(used) of at most \(self.textLength) \(self.textUnit); shorten it by \(used - self.textLength)."
                    ))
            }
            issues += self.check(part.media, prefix: prefix)
        }
        return issues
    }

    /// Checks the insides of all files alone.
    ///
    /// - Parameter content: What is to be published in this format.
    /// - Returns: What is wrong, each with its field.
    public func checkInsides(of content: PostContent) -> [ValidationIssue] {
        content.parts.enumerated().flatMap { number, part in
            let prefix = content.parts.count > 1 ? "parts[\(number)]." : ""
            return part.media.enumerated().flatMap { index, item in
                self.mediaRules.flatMap { $0.check(item, field: "\(prefix)media[\(index)]", format: self.format) }
            }
        }
    }

    private func check(_ media: [MediaItem], prefix: String) -> [ValidationIssue] {
        var issues: [ValidationIssue] = []
        let files = self.minimumMedia...max(self.minimumMedia, self.maximumMedia)
        if !files.contains(media.count) {
            issues.append(
                ValidationIssue(
                    .error, field: "\(prefix)media",
                    "A \(self.format) has \(Self.range(files, "file")); this one has \(media.count)."))
        }
        for (index, item) in media.enumerated() where self.maximumMedia > 0 {
            let field = "\(prefix)media[\(index)]"
            if let largest = self.mediaTypes[item.type] {
                if item.byteCount > largest {
                    issues.append(
                        ValidationIssue(
                            .error, field: field,
                            "The file has \(item.byteCount) bytes; \(item.type) may have \(largest)."))
                }
                if item.byteCount == 0 { issues.append(ValidationIssue(.error, field: field, "The file is empty.")) }
            } else {
                let taken = self.mediaTypes.keys.sorted().joined(separator: ", ")
                issues.append(
                    ValidationIssue(
                        .error, field: field, "A file of type \(item.type) is not taken; these are: \(taken)."))
            }
            issues += self.mediaRules.flatMap { $0.check(item, field: field, format: self.format) }
            if let words = item.altText, words.count > self.altTextLength {
                issues.append(
                    ValidationIssue(
                        .error, field: "\(field).alt_text",
                        "The alternative text has \(words.count) characters; at most \(self.altTextLength) are taken."))
            }
        }
        return issues
    }

    private static func range(_ range: ClosedRange<Int>, _ noun: String) -> String {
        if range.upperBound == 0 { return "no \(noun)s" }
        if range.lowerBound == range.upperBound {
            return "\(range.lowerBound) \(noun)\(range.lowerBound == 1 ? "" : "s")"
        }
        return "\(range.lowerBound) to \(range.upperBound) \(noun)s"
    }
}
