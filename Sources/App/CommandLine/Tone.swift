// SPDX-License-Identifier: MIT

import Rainbow

/// What a piece of text means; the colour follows from it, and never carries meaning alone.
package enum Tone: Sendable, Hashable {
    /// Nothing special.
    case plain
    /// Well.
    case good
    /// Somebody should look.
    case warning
    /// Somebody must act.
    case bad
    /// In progress.
    case active
    /// Less important than what is beside it.
    case muted
    /// A heading.
    case strong

    /// The text in its colour.
    package func paint(_ text: String, _ isColoured: Bool) -> String {
        guard isColoured, !text.isEmpty else { return text }
        return switch self {
        case .plain: text
        case .good: text.applyingCodes(Color.green)
        case .warning: text.applyingCodes(Color.yellow)
        case .bad: text.applyingCodes(Color.red, Style.bold)
        case .active: text.applyingCodes(Color.cyan)
        case .muted: text.applyingCodes(Style.dim)
        case .strong: text.applyingCodes(Style.bold)
        }
    }

    /// The tone of the words that states and outcomes use.
    package static func of(state: String) -> Tone {
        switch state {
        case "published", "active", "live", "succeeded", "healthy", "ok", "confirmed", "done", "applied", "current":
            .good
        case "failed", "dead", "unknown", "rejected", "error", "expired", "crashed": .bad
        case "paused", "held", "retry", "leaving", "needs_attention", "warning", "missed", "draining", "pending":
            .warning
        case "running", "sending", "publishing", "processing", "leased", "scheduled", "ready": .active
        case "cancelled", "archived", "erased", "draft", "stopped", "deleted", "gone": .muted
        default: .plain
        }
    }
}
