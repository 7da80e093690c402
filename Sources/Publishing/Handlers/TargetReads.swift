// SPDX-License-Identifier: MIT

import Domain
import JobQueue
import PQClient

/// Reads what publish jobs need to know of their targets: for all that begin at the same moment in one round trip.
///
/// Make one per process and pass it on.
struct TargetReads: Sendable {
    /// More than most processes have slots, few enough for one answer.
    private static let largest = 64

    private let pool: ConnectionPool
    private let reading = CallGroup<Call, Found>(largest: Self.largest)

    /// Reads from a database.
    init(pool: ConnectionPool) { self.pool = pool }

    /// What a job asks for.
    struct Call: Sendable {
        var target: TargetID
        var client: ClientID

        var operation: OperationKey { TargetWork.operation(of: self.target) }
    }

    /// What was read for one call; what it means is asked by the caller, so that an answer that cannot be understood is only its own.
    struct Found: Sendable {
        var target: Row?
        var effects: [Row] = []
    }

    /// A target together with the parts of its operation.
    ///
    /// - Parameters:
    ///   - target: The target.
    ///   - client: Whose.
    /// - Returns: `nil` when there is none.
    /// - Throws: `PQError`, `CancellationError`, `DecodingError` when its content cannot be read.
    func load(_ target: TargetID, client: ClientID) async throws -> (work: TargetWork, effects: [Effect])? {
        let found = try await self.reading.write(Call(target: target, client: client)) { try await self.read($0) }
        // The answer is shared, so a caller that was cancelled meanwhile has got one too.
        try Task.checkCancellation()
        guard let row = found.target else { return nil }
        return (try TargetWork.read(row, target, client: client), try EffectLedger.effects(found.effects))
    }

    /// Answers calls, in order, in one round trip.
    func read(_ calls: [Call]) async throws -> [Found] {
        calls.count == 1 ? [try await self.one(calls[0])] : try await self.several(calls)
    }

    /// Alone it needs no settings for its plan.
    private func one(_ call: Call) async throws -> Found {
        let answers = try await self.pool.pipeline([
            TargetWork.find(call.target, client: call.client),
            EffectLedger.parts(of: call.operation, client: call.client),
        ])
        return Found(target: answers[0].first, effects: Array(answers[1]))
    }

    private func several(_ calls: [Call]) async throws -> [Found] {
        let answers = try await self.pool.pipeline([
            JobStore.planOnIndexes,
            TargetWork.find(calls.map { ($0.target, $0.client) }),
            EffectLedger.parts(of: calls.map { ($0.operation, $0.client) }),
        ])
        var found = [Found](repeating: Found(), count: calls.count)
        for row in answers[1] { found[try row.position].target = row }
        for row in answers[2] { found[try row.position].effects.append(row) }
        return found
    }
}

extension Row {
    /// Which of the calls it answers, by its column `ordinal`, which counts from 1 on.
    var position: Int {
        get throws { Int(try self.get("ordinal", as: Int64.self)) - 1 }
    }
}
