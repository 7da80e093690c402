// SPDX-License-Identifier: MIT

package import PQClient
import Synchronization

/// Calls that write or read at the same moment share a transaction: what gathers while one is under way goes with the next.
///
/// A commit costs the same for one call and for fifty, and so does a statement of many rows. A call that nobody shares goes
/// out at once: nobody waits for company. When a shared transaction is refused, each call is tried by itself, so that only the
/// wrong one fails.
package final class CallGroup<Call: Sendable, Answer: Sendable>: Sendable {
    /// Writes calls in one transaction, and answers each, in order.
    package typealias Write = @Sendable ([Call]) async throws -> [Answer]

    /// How many transactions are under way at once: one is written while the other is committed.
    package let transactions: Int
    private let largest: Int
    private let weight: @Sendable (Call) -> Int

    private struct Waiting {
        var call: Call
        var answer: CheckedContinuation<Answer, any Error>
    }

    private struct State {
        var waiting: [Waiting] = []
        var underWay = 0
    }

    private let state = Mutex(State())

    /// Makes a group without calls.
    ///
    /// - Parameters:
    ///   - largest: What the weights of the calls that go together add up to at most.
    ///   - transactions: How many are under way at once.
    ///   - weight: The weight of a call; never more than `largest`.
    package init(largest: Int, transactions: Int = 2, weight: @escaping @Sendable (Call) -> Int = { _ in 1 }) {
        self.largest = largest
        self.transactions = transactions
        self.weight = weight
    }

    /// Writes a call with whoever else is waiting.
    ///
    /// A cancelled caller still learns what became of its call, which may be on its way with others.
    ///
    /// - Throws: What the writing of this call threw; an unknown outcome is everybody's.
    package func write(_ call: Call, with write: @escaping Write) async throws -> Answer {
        try await withCheckedThrowingContinuation { answer in
            let starts = self.state.withLock { state in
                state.waiting.append(Waiting(call: call, answer: answer))
                guard state.underWay < self.transactions else { return false }
                state.underWay += 1
                return true
            }
            // A task of nobody's: the end of the caller that began a transaction must not end the others', and what it is bound to is
            // not theirs.
            if starts { Task.detached { await self.writeAll(write) } }
        }
    }

    /// How many calls wait for the next transaction.
    package var waitingCount: Int { self.state.withLock { $0.waiting.count } }

    /// Writes one group after another until nobody waits.
    private func writeAll(_ write: @escaping Write) async {
        while let calls = self.next() {
            do {
                let answers = try await write(calls.map(\.call))
                for (call, answer) in zip(calls, answers) { call.answer.resume(returning: answer) }
            } catch  where calls.count > 1 && Self.isOfOne(error) {
                // Whoever is to blame may be slow again; the next ones do not wait for that.
                Task.detached { for call in calls { await Self.writeAlone(call, write) } }
            } catch {
                for call in calls { call.answer.resume(throwing: error) }
            }
        }
    }

    /// Whether one of the calls is to blame, and nothing was written.
    private static func isOfOne(_ error: any Error) -> Bool {
        guard let error = error as? PQError else { return true }
        return error.code == .server && !error.outcomeUnknown
    }

    private func next() -> [Waiting]? {
        self.state.withLock { state in
            var sum = 0
            let calls = Array(
                state.waiting.prefix { waiting in
                    sum += self.weight(waiting.call)
                    return sum <= self.largest
                })
            state.waiting.removeFirst(calls.count)
            guard calls.isEmpty else { return calls }
            state.underWay -= 1
            return nil
        }
    }

    private static func writeAlone(_ waiting: Waiting, _ write: @escaping Write) async {
        do {
            let answers = try await write([waiting.call])
            waiting.answer.resume(returning: answers[0])
        } catch {
            waiting.answer.resume(throwing: error)
        }
    }
}

extension CallGroup where Call == [Statement], Answer == [Rows] {
    /// Runs statements as a transaction of their own in one round trip, with the statements of others that wait.
    ///
    /// - Returns: The rows of each statement, in order.
    /// - Throws: ``PQError``.
    package func pipeline(_ statements: [Statement], on pool: ConnectionPool) async throws -> [Rows] {
        try await self.write(statements) { calls in
            // Whoever waits for a lock must not make the others wait.
            let lead = calls.count > 1 ? [Self.impatient] : []
            var rest = try await pool.pipeline(lead + calls.flatMap(\.self), retrying: 3).dropFirst(lead.count)
            return calls.map { call in
                defer { rest = rest.dropFirst(call.count) }
                return Array(rest.prefix(call.count))
            }
        }
    }
}

extension CallGroup {
    /// Makes a shared transaction give up soon when a row is locked; each call is then tried by itself.
    package static var impatient: Statement { "SELECT set_config('lock_timeout', '250ms', true)" }
}
