// SPDX-License-Identifier: MIT

import Foundation

/// What the process's outputs are connected to.
package struct Terminal: Sendable, Hashable {
    /// Whether standard output is a terminal.
    package var isOutputTerminal: Bool
    /// Whether standard error is a terminal.
    package var isErrorTerminal: Bool
    /// Whether a person can be asked.
    package var isInputTerminal: Bool
    /// The columns of standard output; `nil` when it is not a terminal.
    package var width: Int?
    /// Whether colour is wanted at all: `NO_COLOR` is not set and the terminal is not dumb.
    package var allowsColour: Bool

    /// Makes a description of a terminal.
    package init(
        isOutputTerminal: Bool, isErrorTerminal: Bool, isInputTerminal: Bool = false, width: Int? = nil,
        allowsColour: Bool = false
    ) {
        self.isOutputTerminal = isOutputTerminal
        self.isErrorTerminal = isErrorTerminal
        self.isInputTerminal = isInputTerminal
        self.width = width
        self.allowsColour = allowsColour
    }

    /// Output into files and pipes: no colour, no width.
    package static let none = Terminal(isOutputTerminal: false, isErrorTerminal: false)

    /// What this process has.
    package static func current(environment: [String: String] = ProcessInfo.processInfo.environment) -> Terminal {
        let isOutput = isatty(STDOUT_FILENO) == 1
        let isError = isatty(STDERR_FILENO) == 1
        let isPlain = environment["NO_COLOR"].map { !$0.isEmpty } ?? false || environment["TERM"] == "dumb"
        return Terminal(
            isOutputTerminal: isOutput, isErrorTerminal: isError, isInputTerminal: isatty(STDIN_FILENO) == 1,
            width: isOutput ? Self.columns(STDOUT_FILENO) : nil, allowsColour: !isPlain)
    }

    /// Whether standard output takes colour.
    package var coloursOutput: Bool { self.isOutputTerminal && self.allowsColour }
    /// Whether standard error takes colour.
    package var coloursMessages: Bool { self.isErrorTerminal && self.allowsColour }

    private static func columns(_ descriptor: Int32) -> Int? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }
}
