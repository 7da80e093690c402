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
    private let isAtomic: Bool
    private let weight: @Sendable (Call) -> Int

    private struct Waiting {
        var call: Call
        var answer: CheckedContinuation<Answer, any Error>
    }

    private struct State {
        var waiting: [Waiting] = []
        var underWay = 0
        /// What was refused together and is tried one by one.
        var aside: [Waiting] = []
        var isTryingAlone = false
    }

    private let state = Mutex(State())

    /// Makes a group without calls.
    ///
    /// - Parameters:
    ///   - largest: What the weights of the calls that go together add up to at most.
    ///   - transactions: How many are under way at once.
    ///   - isAtomic: Whether nothing is written when the writing throws, also where it cannot read an answer: it does so inside its
    ///     transaction.
    ///   - weight: The weight of a call; never more than `largest`.
    package init(
        largest: Int, transactions: Int = 2, isAtomic: Bool = false,
        weight: @escaping @Sendable (Call) -> Int = { _ in 1 }
    ) {
        self.largest = largest
        self.transactions = transactions
        self.isAtomic = isAtomic
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
            // A task of nobody's: the end of the caller that began a transaction must not end the others'.
            if starts { Task { await self.writeAll(write) } }
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
            } catch  where calls.count > 1 && self.isOfOne(error) {
                self.setAside(calls, write)
            } catch {
                for call in calls { call.answer.resume(throwing: error) }
            }
        }
    }

    /// Whether one of the calls is to blame, and nothing was written.
    private func isOfOne(_ error: any Error) -> Bool {
        guard let error = error as? PQError else { return true }
        let isTheirs = error.code == .server || (self.isAtomic && Self.ofOneCall.contains(error.code))
        return isTheirs && !error.outcomeUnknown
    }

    private static var ofOneCall: [PQError.Code] { [.decoding, .misuse, .transactionAborted] }

    /// Tries calls one by one beside the next groups: whoever is to blame may be slow again.
    ///
    /// One at a time, however many groups were refused, so that no more than one connection waits for what is locked.
    private func setAside(_ calls: [Waiting], _ write: @escaping Write) {
        let starts = self.state.withLock { state in
            state.aside += calls
            guard !state.isTryingAlone else { return false }
            state.isTryingAlone = true
            return true
        }
        guard starts else { return }
        Task { while let call = self.nextAside() { await Self.writeAlone(call, write) } }
    }

    private func nextAside() -> Waiting? {
        self.state.withLock { state in
            state.isTryingAlone = !state.aside.isEmpty
            return state.aside.isEmpty ? nil : state.aside.removeFirst()
        }
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
            var rest = try await pool.pipeline([Self.patience(of: calls.count)] + calls.flatMap(\.self), retrying: 3)
                .dropFirst()
            return calls.map { call in
                defer { rest = rest.dropFirst(call.count) }
                return Array(rest.prefix(call.count))
            }
        }
    }
}

extension CallGroup {
    /// Limits how long a transaction of so many calls waits for a locked row: whoever waits must not make the others wait.
    ///
    /// One of several gives up soon, and each call is then tried by itself; that, too, ends before many have come behind it.
    package static func patience(of count: Int) -> Statement {
        count > 1
            ? "SELECT set_config('lock_timeout', '250ms', true)" : "SELECT set_config('lock_timeout', '1s', true)"
    }
}
