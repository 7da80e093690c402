// SPDX-License-Identifier: MIT

public import PluginKit
import Synchronization

/// A transport that answers from a script and records what it was asked.
///
/// A call takes the first exchange that is left and fits, so calls may come in any order; ``unexpected`` has those that fit none.
public final class ScriptedTransport: HTTPTransport {
    private struct State {
        var left: [ScriptedExchange]
        var repeatable: [ScriptedExchange] = []
        var calls: [SentCall] = []
        var visible: [SentCall] = []
        var unexpected: [SentCall] = []
    }
    private let state: Mutex<State>
    private let isOrdered: Bool

    /// Makes a transport.
    ///
    /// - Parameters:
    ///   - exchanges: The script.
    ///   - inOrder: Whether each call must be the next of the script.
    public init(_ exchanges: [ScriptedExchange], inOrder: Bool = false) {
        self.state = Mutex(State(left: exchanges))
        self.isOrdered = inOrder
    }

    /// Every call, in order.
    public var calls: [SentCall] { self.state.withLock { $0.calls } }
    /// The calls that met an exchange marked as visible.
    public var visibleCalls: [SentCall] { self.state.withLock { $0.visible } }
    /// The calls that the script did not expect.
    public var unexpected: [SentCall] { self.state.withLock { $0.unexpected } }
    /// What is left of the script.
    public var left: [ScriptedExchange] { self.state.withLock { $0.left } }

    /// Answers from the script.
    public func send(_ call: HTTPCall) async throws(TransportError) -> HTTPReply {
        let sent = SentCall(call: call)
        let found = self.state.withLock { state -> ScriptedExchange? in
            state.calls.append(sent)
            let candidates = self.isOrdered ? state.left.prefix(1) : state.left[...]
            let exchange: ScriptedExchange
            if let place = candidates.firstIndex(where: { $0.matches(sent) }) {
                exchange = state.left.remove(at: place)
                if exchange.isRepeatable { state.repeatable.append(exchange) }
            } else if let again = state.repeatable.last(where: { $0.matches(sent) }) {
                exchange = again
            } else {
                state.unexpected.append(sent)
                return nil
            }
            if exchange.isVisible { state.visible.append(sent) }
            return exchange
        }
        switch found?.outcome {
        case .reply(let reply): return reply
        case .failure(let error): throw error
        case nil: throw TransportError(.notSent, "the script does not expect \(sent.name)")
        }
    }
}
