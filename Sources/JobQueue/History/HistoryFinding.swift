// SPDX-License-Identifier: MIT

/// A promise that was not kept, and the rows that show it.
package struct HistoryFinding: Sendable, Hashable, CustomStringConvertible {
    /// The rule that does not hold.
    package var rule: String
    /// The rows that show it, for a person.
    package var rows: String

    /// Makes a finding.
    package init(_ rule: String, _ rows: String) {
        self.rule = rule
        self.rows = rows
    }

    /// The rule and the rows.
    package var description: String { "\(self.rule): \(self.rows)" }
}

extension AuditReport.Violation {
    /// Findings by rule, in the order of the rules' names, each with how often and an example.
    package static func summarising(_ findings: [HistoryFinding]) -> [Self] {
        Dictionary(grouping: findings, by: \.rule)
            .map { rule, findings in
                Self(rule: rule, count: findings.count, example: findings.map(\.rows).min() ?? "")
            }
            .sorted { $0.rule < $1.rule }
    }
}
