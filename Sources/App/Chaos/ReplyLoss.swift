// SPDX-License-Identifier: MIT

import Synchronization
import WireRelay

/// Loses replies of the server on the wire: a statement is let through, its reply is kept until the server is ready again, so that it has
/// done what it was asked, and then the connection ends instead.
///
/// What was done inside a transaction is undone with the connection; what was done outside of one, a commit too, stands.
final class ReplyLoss: Sendable {
    /// How many replies were lost.
    struct Counts: Sendable, Hashable {
        /// All.
        var lost = 0
        /// Those after which the server was in no transaction: what they told of is committed.
        var committed = 0
    }

    fileprivate struct State {
        /// After how many statements each of the next replies is lost.
        var planned: [Int] = []
        /// Statements of each connection that the server has still to answer.
        var unanswered: [Int: Int] = [:]
        /// Connections whose replies are kept from the client until nothing is unanswered.
        var doomed: Set<Int> = []
        var counts = Counts()
    }

    private let state = Mutex(State())

    /// How many replies were lost so far.
    var counts: Counts { self.state.withLock { $0.counts } }

    /// Loses the reply to one statement more.
    ///
    /// - Parameter count: how many statements pass before it, of any connection.
    func loseOne(after count: Int) { self.state.withLock { $0.planned.append(count) } }

    /// Says what becomes of a message.
    func verdict(_ message: WireMessage) -> WireVerdict {
        self.state.withLock { state in
            message.direction == .toServer ? state.toServer(message) : state.toClient(message)
        }
    }
}

extension ReplyLoss.State {
    /// A client's first message, a query of the simple protocol and the end of a round of the extended one are each answered
    /// with a `Z` in the end.
    fileprivate mutating func toServer(_ message: WireMessage) -> WireVerdict {
        guard ["^", "Q", "S"].contains(message.type) else { return .pass }
        self.unanswered[message.connection, default: 0] += 1
        guard message.type != "^", let left = self.planned.first else { return .pass }
        if left > 0 {
            self.planned[0] = left - 1
        } else {
            self.planned.removeFirst()
            self.doomed.insert(message.connection)
        }
        return .pass
    }

    fileprivate mutating func toClient(_ message: WireMessage) -> WireVerdict {
        let isDoomed = self.doomed.contains(message.connection)
        guard message.type == "Z" else { return isDoomed ? .swallow : .pass }
        self.unanswered[message.connection, default: 1] -= 1
        guard isDoomed else { return .pass }
        guard self.unanswered[message.connection] == 0 else { return .swallow }
        self.doomed.remove(message.connection)
        self.unanswered[message.connection] = nil
        self.counts.lost += 1
        if message.status == "I" { self.counts.committed += 1 }
        return .cut
    }
}
