// SPDX-License-Identifier: MIT

import PQClient
import Synchronization

/// Callers that enqueue at the same moment share a transaction: what gathers while one commits goes with the next.
///
/// A commit costs the same for one job and for fifty. A call that nobody shares goes out at once: nobody waits for
/// company. When the server refuses a shared transaction, each call is tried by itself, so that only the wrong one fails.
final class EnqueueGroup: Sendable {
    /// Calls of more jobs than this are large enough for a transaction of their own.
    static let largestCall = 100
    /// How many jobs go together.
    static let largestGroup = 1_000
    /// How many transactions are under way at once: one is written while the other is committed.
    static let transactions = 2

    /// Writes jobs in one transaction.
    typealias Write = @Sendable ([NewJob]) async throws -> [Enqueued]

    private struct Call {
        var jobs: [NewJob]
        var answer: CheckedContinuation<[Enqueued], any Error>
    }

    private struct State {
        var waiting: [Call] = []
        var underWay = 0
    }

    private let state = Mutex(State())

    /// Enqueues with whoever else is waiting.
    ///
    /// A cancelled caller still learns what became of its jobs; they may be on their way with others.
    func enqueue(_ jobs: [NewJob], write: @escaping Write) async throws -> [Enqueued] {
        guard !jobs.isEmpty else { return [] }
        return try await withCheckedThrowingContinuation { answer in
            let starts = self.state.withLock { state in
                state.waiting.append(Call(jobs: jobs, answer: answer))
                guard state.underWay < Self.transactions else { return false }
                state.underWay += 1
                return true
            }
            // A task of nobody's: the end of the caller that began a transaction must not end the others'.
            if starts { Task { await self.writeAll(write) } }
        }
    }

    /// How many calls wait for the next transaction.
    var waitingCount: Int { self.state.withLock { $0.waiting.count } }

    /// Writes one group after another until nobody waits.
    private func writeAll(_ write: Write) async {
        while let calls = self.next() {
            do {
                Self.tell(calls, try await write(calls.flatMap(\.jobs)))
            } catch let error as PQError where calls.count > 1 && error.code == .server && !error.outcomeUnknown {
                for call in calls { await Self.writeAlone(call, write) }
            } catch {
                for call in calls { call.answer.resume(throwing: error) }
            }
        }
    }

    private func next() -> [Call]? {
        self.state.withLock { state in
            var jobs = 0
            let calls = Array(
                state.waiting.prefix { call in
                    jobs += call.jobs.count
                    return jobs <= Self.largestGroup
                })
            state.waiting.removeFirst(calls.count)
            guard calls.isEmpty else { return calls }
            state.underWay -= 1
            return nil
        }
    }

    private static func writeAlone(_ call: Call, _ write: Write) async {
        do { call.answer.resume(returning: try await write(call.jobs)) } catch { call.answer.resume(throwing: error) }
    }

    private static func tell(_ calls: [Call], _ answers: [Enqueued]) {
        var rest = answers[...]
        for call in calls {
            call.answer.resume(returning: Array(rest.prefix(call.jobs.count)))
            rest = rest.dropFirst(call.jobs.count)
        }
    }
}
