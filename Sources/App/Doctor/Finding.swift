// SPDX-License-Identifier: MIT

/// What one check of `doctor` found.
struct Finding: Sendable, Hashable {
    /// How bad it is.
    enum State: String, Sendable, Hashable {
        /// As it should be.
        case ok
        /// Works, but somebody should look.
        case warning
        /// Does not work.
        case failed
        /// Could not be checked, because something else is missing.
        case skipped
    }

    var check: String
    var state: State
    var finding: String
    var remedy: String?

    static func ok(_ check: String, _ finding: String) -> Self { Self(check: check, state: .ok, finding: finding) }

    static func warning(_ check: String, _ finding: String, fix remedy: String) -> Self {
        Self(check: check, state: .warning, finding: finding, remedy: remedy)
    }

    static func failed(_ check: String, _ finding: String, fix remedy: String?) -> Self {
        Self(check: check, state: .failed, finding: finding, remedy: remedy)
    }

    static func skipped(_ check: String, _ finding: String) -> Self {
        Self(check: check, state: .skipped, finding: finding)
    }

    static func failed(_ check: String, _ error: any Error) -> Self {
        let error = CommandError(describing: error)
        return .failed(check, ([error.what] + error.details).joined(separator: ": "), fix: error.remedy)
    }

    static let columns = [
        Column("check", "CHECK", "what was looked at"), Column("state", "STATE", "ok, warning, failed or skipped"),
        Column("finding", "FINDING", "what was found", isFlexible: true),
        Column("remedy", "REMEDY", "what to do about it", isFlexible: true),
    ]

    var record: Record {
        Record([
            "check": .text(self.check), "state": .state(self.state.rawValue), "finding": .text(self.finding),
            "remedy": .optional(self.remedy),
        ])
    }
}
