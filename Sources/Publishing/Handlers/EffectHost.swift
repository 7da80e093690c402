// SPDX-License-Identifier: MIT

import Foundation
import JobQueue
import Logging
import PQClient
import PluginKit

/// What a plugin sees of the effect it works on: checkpoints and the fence, both under the job's lease.
struct EffectHost: EffectContext {
    let effects: EffectStore
    let operation: OperationKey
    /// What was saved last, by an earlier try or by this one.
    let latest: LatestCheckpoint
    /// The limits that a visible call is counted in, and for whom.
    let limits: PlatformLimits
    let caller: Caller
    /// What the run knows of the parts.
    var seen = SeenEffects([])
    /// What must still be so when the fence is passed.
    var condition: FenceCondition?
    /// More that must be true in the transaction of the fence; it throws to refuse.
    var stillTrue: FenceRequest.Also?

    var checkpoint: PluginState? { self.latest.state }

    func save(_ state: PluginState) async throws(PluginError) {
        do {
            if self.seen[0] == nil { self.seen.saw(try await self.effects.prepare(self.operation)) }
            let data = try StoredCheckpoint(state: state, isPending: false).encoded()
            try await self.effects.save(checkpoint: data, version: StoredCheckpoint.version, operation: self.operation)
            self.latest.saved(state)
        } catch {
            throw Self.notOurs("the checkpoint could not be saved", error)
        }
    }

    func send(
        part: Int, endpoint: String, _ body: @Sendable (SendPermit) async throws(PluginError) -> RemotePost
    ) async throws(PluginError) -> RemotePost {
        let grant: FenceGrant
        switch try await self.enter(part: part, endpoint: endpoint) {
        case .confirmed(let remote): return remote
        case .granted(let given): grant = given
        }
        let permit = SendPermit(
            key: "\(self.operation)#\(part)", number: grant.sendNumber, notAfter: grant.notAfter, endpoint: endpoint)
        do throws(PluginError) {
            let remote = try await Self.send(permit, grant.debit, body)
            await self.write(part) {
                try await self.effects.confirm(
                    self.operation, part: part, send: grant.sendNumber, evidence: Self.evidence(remote),
                    requestID: ExchangeJournal.current?.requestID(of: permit))
            }
            return remote
        } catch {
            await self.write(part) { try await self.record(error, permit: permit, part: part) }
            guard (error.underlying as? TransportError)?.isLate == true else { throw error }
            // Soon again, and no attempt spent.
            var late = error
            late.retryAfter = .seconds(1)
            throw late
        }
    }

    /// Runs the visible call where its transport finds what was debited for it.
    private static func send(
        _ permit: SendPermit, _ debit: LimitGrant,
        _ body: @Sendable (SendPermit) async throws(PluginError) -> RemotePost
    ) async throws(PluginError) -> RemotePost {
        let result: Result<RemotePost, PluginError> = await Caller.$fenced.withValue(debit) {
            do throws(PluginError) {
                return .success(try await body(permit))
            } catch {
                return .failure(error)
            }
        }
        // Others call while this run writes what became of its own.
        RunSlot.current?.giveBack()
        return try result.get()
    }

    private enum Entry {
        case confirmed(RemotePost)
        case granted(FenceGrant)
    }

    private func enter(part: Int, endpoint: String) async throws(PluginError) -> Entry {
        do {
            if self.isPrepared(part), let grant = try await self.fence(part: part, endpoint: endpoint) {
                return .granted(grant)
            }
            let effects = try await self.effects.prepare(self.operation, parts: [part])
            self.seen.saw(effects)
            guard let effect = effects.first(where: { $0.part == part }) else {
                throw PluginError(.needsHuman, "part \(part) could not be prepared")
            }
            switch effect.state {
            case .confirmed:
                guard let remote = Self.remotePost(effect) else {
                    throw PluginError(.needsHuman, "the evidence of part \(part) cannot be read")
                }
                return .confirmed(remote)
            case .unknown, .sending:
                throw PluginError(.ambiguousOutcome, "an earlier send of part \(part) is not settled")
            case .prepared, .rejected: break
            }
            guard let grant = try await self.fence(part: part, endpoint: endpoint) else {
                throw PluginError(.retryAfter, "this worker may not send any more", retryAfter: .zero)
            }
            return .granted(grant)
        } catch let refusal as LimitRefusal {
            throw PluginError(refusal)
        } catch is SubjectChanged {
            throw PluginError(.retryAfter, "the post was changed while it was being worked on", retryAfter: .zero)
        } catch let error as PluginError {
            throw error
        } catch {
            throw Self.notOurs("the fence could not be passed", error)
        }
    }

    /// Writes what became of a send.
    ///
    /// What the platform did is real even when it cannot be written: the effect then stays *sending*, which the end of the run makes
    /// unknown, and it is looked up. Nothing is lost but time.
    private func write(_ part: Int, _ body: () async throws -> Effect) async {
        do {
            self.seen.saw([try await body()])
        } catch {
            self.seen.missed()
            Logger.current.warning(
                "what became of a send could not be written; it is looked up",
                metadata: [
                    "job.id": "\(self.effects.job.id)", "effect.operation": "\(self.operation)",
                    "effect.part": .stringConvertible(part), "reason": "\(error)",
                ])
        }
    }

    /// Whether the fence can be passed at once: a part that nobody knows of is made by it.
    private func isPrepared(_ part: Int) -> Bool {
        self.seen[part].map { $0.state == .prepared && $0.job == self.effects.job.id } ?? true
    }

    /// Passes the fence and debits the call in one transaction; waits where it is for a token that comes soon.
    private func fence(part: Int, endpoint: String) async throws -> FenceGrant? {
        let request = FenceRequest(
            self.operation, part: part, endpoint: endpoint,
            call: self.limits.call(endpoint, by: self.caller, isVisible: true), condition: self.condition,
            mayBeNew: self.seen[part] == nil, also: self.stillTrue)
        let patience = ContinuousClock.now + PlatformLimits.patience
        while true {
            do {
                return try await RunSlot.fencing { try await self.effects.fence(request) }
            } catch let refusal as LimitRefusal where ContinuousClock.now + refusal.wait <= patience {
                try await Task.sleep(for: refusal.wait)
            }
        }
    }

    /// What a failed send says about the effect.
    private func record(_ error: PluginError, permit: SendPermit, part: Int) async throws -> Effect {
        let send = permit.number
        let request = error.requestID ?? ExchangeJournal.current?.requestID(of: permit)
        let said = try JSONEncoder.posthorn.encode(["code": error.code.description, "message": error.message])
        let evidence = JSONText(String(decoding: said, as: UTF8.self))
        switch error.code {
        case .ambiguousOutcome, .duplicate:
            return try await self.effects.markUnknown(
                self.operation, part: part, send: send, evidence: evidence, requestID: request)
        case .retryAfter, .rateLimited, .reauthorize, .needsHuman:
            return try await self.effects.notSent(
                self.operation, part: part, send: send, evidence: evidence, requestID: request)
        default:
            return try await self.effects.reject(
                self.operation, part: part, send: send, evidence: evidence, requestID: request)
        }
    }

    private static func notOurs(_ what: String, _ error: any Error) -> PluginError {
        PluginError(.retryAfter, "\(what): \(error)", retryAfter: .seconds(1), underlying: error)
    }

    static func evidence(_ remote: RemotePost) throws -> JSONText {
        JSONText(String(decoding: try JSONEncoder.posthorn.encode(remote), as: UTF8.self))
    }

    /// Whether the platform refused it as a duplicate of something that looks have shown not to be it.
    static func isForeignDuplicate(_ effect: Effect) -> Bool {
        effect.state == .prepared && effect.absentReads >= 2 && self.isDuplicate(effect)
    }

    /// Whether the send was refused as a duplicate.
    static func isDuplicate(_ effect: Effect) -> Bool {
        let said = effect.evidence.flatMap {
            try? JSONDecoder().decode([String: String].self, from: Data($0.text.utf8))
        }
        return said?["code"] == PluginError.Code.duplicate.description
    }

    /// What a confirmed effect left on the platform.
    static func remotePost(_ effect: Effect) -> RemotePost? {
        guard effect.state == .confirmed, let evidence = effect.evidence else { return nil }
        return Self.remotePost(evidence)
    }

    /// What the evidence of a confirmed send says.
    static func remotePost(_ evidence: JSONText) -> RemotePost? {
        // Unreadable is as good as absent.
        try? JSONDecoder.posthorn.decode(RemotePost.self, from: Data(evidence.text.utf8))
    }
}

extension [Effect] {
    /// Whether nobody knows what became of a part: then a job of its own looks, and nothing is sent until it is known.
    var isUnsettled: Bool { self.contains { $0.state == .unknown || $0.state == .sending } }
}
