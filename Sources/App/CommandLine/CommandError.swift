// SPDX-License-Identifier: MIT

/// Why a command stops: one message a person can act on, and the exit code.
///
/// No field may carry a secret; all of them are printed.
package struct CommandError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The exit code.
    package var status: ExitStatus
    /// What happened, one sentence without a full stop.
    package var what: String
    /// Where: a file and line, an address, the cause in the other side's words.
    package var details: [String]
    /// What to do about it, an imperative.
    package var remedy: String?

    /// Makes an error.
    ///
    /// - Parameters:
    ///   - status: the exit code.
    ///   - what: what happened, one sentence without a full stop.
    ///   - details: where, and the cause.
    ///   - remedy: what to do about it.
    package init(_ status: ExitStatus, _ what: String, details: [String] = [], remedy: String? = nil) {
        self.status = status
        self.what = what
        self.details = details
        self.remedy = remedy
    }

    /// The command line is wrong.
    package static func usage(_ what: String, remedy: String? = nil) -> Self { Self(.usage, what, remedy: remedy) }

    /// Nothing has that name; close names are offered.
    ///
    /// - Parameters:
    ///   - noun: what was looked for: `client`.
    ///   - name: the name that was given.
    ///   - known: the names that exist, as far as they are cheap to know.
    ///   - remedy: what to do, when no name is close.
    /// - Returns: an error with exit code 66.
    package static func notFound(_ noun: String, _ name: String, known: [String] = [], remedy: String? = nil) -> Self {
        let close = Suggestion.closest(to: name, among: known)
        return Self(
            .notFound, "there is no \(noun) “\(name)”",
            remedy: close.map { "did you mean “\($0)”?" } ?? remedy)
    }

    package var description: String {
        ([self.what] + self.details + (self.remedy.map { ["fix: \($0)"] } ?? [])).joined(separator: "; ")
    }
}
