// SPDX-License-Identifier: MIT

import Synchronization

/// A bar on standard error for long work; draws nothing where standard error is not a terminal.
package final class ProgressBar: Sendable {
    private struct State {
        var done = 0
        var drawn: ContinuousClock.Instant?
    }

    private let title: String
    private let total: Int
    private let output: Output
    private let started = ContinuousClock.now
    private let state = Mutex(State())

    /// Makes a bar and draws it empty.
    ///
    /// - Parameters:
    ///   - title: what is being done.
    ///   - total: how many steps there are.
    ///   - output: where it is drawn.
    package init(_ title: String, total: Int, output: Output) {
        self.title = title
        self.total = max(1, total)
        self.output = output
    }

    /// Counts steps; draws at most ten times a second.
    package func advance(by steps: Int = 1) {
        self.draw { $0.done += steps }
    }

    /// Sets how many steps are done.
    package func set(_ done: Int) {
        self.draw { $0.done = done }
    }

    /// Draws the last state and ends the line.
    package func finish() {
        guard self.isVisible else { return }
        let done = self.state.withLock { $0.done }
        self.output.say("\r\(self.text(done, at: .now))\u{1B}[K\n")
    }

    /// One line without control characters: `importing  [#####-----]  50 %  500/1,000  3 s`.
    func text(_ done: Int, at now: ContinuousClock.Instant) -> String {
        let share = min(1, Double(done) / Double(self.total))
        let cells = 30
        let filled = Int(share * Double(cells))
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: cells - filled)
        let elapsed = now - self.started
        var line = "\(self.title)  \(bar)  \(Int(share * 100)) %  "
        line += "\(Field.count(done).shown)/\(Field.count(self.total).shown)  \(Field.duration(elapsed).shown)"
        return line
    }

    private var isVisible: Bool { self.output.terminal.isErrorTerminal && !self.output.isQuiet }

    private func draw(_ change: (inout State) -> Void) {
        let now = ContinuousClock.now
        let done: Int? = self.state.withLock { state in
            change(&state)
            guard self.isVisible else { return nil }
            if let drawn = state.drawn, now - drawn < .milliseconds(100) { return nil }
            state.drawn = now
            return state.done
        }
        if let done { self.output.say("\r\(self.text(done, at: now))\u{1B}[K") }
    }
}
