// SPDX-License-Identifier: MIT

/// How data is printed on standard output.
package enum OutputFormat: String, Sendable, CaseIterable {
    /// A table for people.
    case table
    /// One JSON document.
    case json
    /// One JSON object a line.
    case jsonl
    /// RFC 4180, with headings.
    case csv
}
