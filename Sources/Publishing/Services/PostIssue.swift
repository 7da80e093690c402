// SPDX-License-Identifier: MIT

package import PluginKit

/// Something about a post that stands in the way, or that a person should know.
package struct PostIssue: Sendable, Hashable, CustomStringConvertible {
    /// The account's slug, when it concerns one.
    package var account: String?
    /// How bad it is.
    package var severity: ValidationIssue.Severity
    /// Where it is: `text`, `media[1]`, `at`, `account`.
    package var field: String
    /// What is wrong and what would be right.
    package var message: String

    /// Makes an issue.
    package init(_ severity: ValidationIssue.Severity, account: String? = nil, field: String, _ message: String) {
        self.severity = severity
        self.account = account
        self.field = field
        self.message = message
    }

    /// Place and message.
    package var description: String { "\(self.account.map { "account \($0), " } ?? "")\(self.field): \(self.message)" }
}
