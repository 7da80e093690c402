// SPDX-License-Identifier: MIT

/// How log lines look.
package enum LogFormat: String, Sendable, CaseIterable {
    /// One JSON object a line, for collectors.
    case json
    /// One readable line, for a terminal.
    case text
}
