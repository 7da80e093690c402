// SPDX-License-Identifier: MIT

package import PluginKit

/// One row of the table that says what a refusal of Graph means.
package struct GraphErrorRule: Sendable {
    /// What is to be done.
    package enum Effect: Sendable, Hashable {
        /// A class of failure, whatever was called.
        case failure(PluginError.Code)
        /// The service failed: unknown for what creates, tried again for everything else.
        case service

        /// What to tell a person where a row says no more.
        var usualNextAction: String? {
            switch self {
            case .failure(let code): code.usualNextAction
            case .service: PluginError.Code.retryAfter.usualNextAction
            }
        }
    }

    /// The codes; empty for any.
    package var codes: [ClosedRange<Int>]
    /// The subcodes; empty for any.
    ///
    /// Where no code is given, a number may stand as either.
    package var subcodes: Set<Int>
    /// What is to be done.
    package var effect: Effect
    /// What is limited or stopped.
    package var scope: PluginError.Scope
    /// How long to wait, where the documents name a time.
    package var pause: Duration?
    /// What it means, for a person.
    package var meaning: String
    /// What a person does about it.
    package var nextAction: String?

    init(
        _ codes: [ClosedRange<Int>], _ subcodes: Set<Int> = [], _ effect: Effect, _ meaning: String,
        _ nextAction: String? = nil, scope: PluginError.Scope = .account, pause: Duration? = nil
    ) {
        self.codes = codes
        self.subcodes = subcodes
        self.effect = effect
        self.scope = scope
        self.pause = pause
        self.meaning = meaning
        self.nextAction = nextAction ?? effect.usualNextAction
    }

    /// The row for a refusal.
    ///
    /// A row with the subcode comes first, then a limit, then Graph's own word that it will pass, then the code alone.
    package static func rule(for problem: GraphProblem) -> GraphErrorRule? {
        let exact = Self.table.first { $0.names(problem) } ?? Self.table.first { $0.mentions(problem) }
        if let exact { return exact }
        let general = Self.table.first { $0.subcodes.isEmpty && $0.holds(problem.code) }
        if general?.effect == .failure(.rateLimited) { return general }
        return problem.isTransient ? Self.passing : general
    }

    /// What Graph calls transient.
    private static let passing = GraphErrorRule([], .service, "Meta has a problem that will pass")

    private func holds(_ code: Int) -> Bool { self.codes.contains { $0.contains(code) } }

    /// Whether both code and subcode are the row's.
    private func names(_ problem: GraphProblem) -> Bool {
        guard let subcode = problem.subcode else { return false }
        return self.subcodes.contains(subcode) && self.holds(problem.code)
    }

    /// Whether a row without a code has one of the numbers.
    private func mentions(_ problem: GraphProblem) -> Bool {
        self.codes.isEmpty
            && (self.subcodes.contains(problem.code) || problem.subcode.map(self.subcodes.contains) == true)
    }
}
