// SPDX-License-Identifier: MIT

import Domain
import Foundation
package import JobQueue
import PQClient
package import Persistence

/// What became of each target that a person wanted to change.
package struct TargetChange: Sendable {
    /// The target, after the change.
    package var target: TargetRow
    /// The account's slug.
    package var account: String
    /// Whether it was changed.
    package var isChanged: Bool
    /// What happened, or why nothing did.
    package var message: String
    /// What a person should know.
    package var notes: [PostIssue] = []
}

extension PostService {
    /// The states in which a target's plan may still be changed.
    private static let changeable: [TargetState] = [.draft, .planned, .waiting, .missed]

    /// The states in which a target waits for somebody to say that it is tried again.
    static let retriable: [TargetState] = [.failed, .waiting, .missed]

    /// Gives a post, or one target of it, another time.
    ///
    /// A draft becomes planned, and so does one that missed its time. At its new time it is compared with the other posts of the account,
    /// as a new post is; what a schedule made is meant to come again.
    ///
    /// - Parameters:
    ///   - reference: The post or the target.
    ///   - client: The client's slug or identity, for a key.
    ///   - time: When.
    ///   - isAllowed: Whether it may say the same as another post where the platform refuses duplicates.
    ///   - actor: Who does it.
    ///   - reason: Why.
    /// - Returns: What became of each target.
    /// - Throws: `ServiceError`: `notFound`, `invalid` for the time, `conflict` when nothing of it can be moved any more, or the platform would
    ///   refuse it as a duplicate.
    package func move(
        _ reference: String, client: String?, to time: PostTime, allowingDuplicates isAllowed: Bool = false,
        actor: String, reason: String? = nil
    ) async throws -> [TargetChange] {
        var notes: [TargetID: [PostIssue]] = [:]
        var changes = try await self.change(reference, client: client, verb: "moved") { detail, target, db in
            let moved = try await self.move(
                target, of: detail, to: time, JobWish(), allowingDuplicates: isAllowed, actor: actor, reason: reason,
                on: &db)
            notes[target.id] = moved?.notes
            return moved?.words
        }
        for index in changes.indices { changes[index].notes = notes[changes[index].target.id] ?? [] }
        return changes
    }

    /// Gives one target another time in the caller's transaction, and its job what is wished for besides the time.
    ///
    /// - Returns: What happened, and what a person should know; `nil` when it can be moved no more.
    func move(
        _ target: TargetRow, of detail: PostDetail, to time: PostTime, _ wish: JobWish,
        allowingDuplicates isAllowed: Bool, actor: String, reason: String? = nil, on db: inout Transaction
    ) async throws -> (words: String, notes: [PostIssue])? {
        guard Self.changeable.contains(target.state) else { return nil }
        let now = try await WorldTime.now(on: &db)
        let resolved = try ResolvedTime(time, clientZone: detail.client.timeZone, now: now)
        guard let dueAt = resolved.dueAt else { throw ServiceError(.invalid, "say when: --at TIME or --now") }
        let words = "moved to \(Self.words(dueAt, resolved, of: detail))" + (reason.map { ": \($0)" } ?? "")
        // Compared before the target is locked: a run locks its lease first.
        var moved = target
        (moved.dueAt, moved.state) = (dueAt, .planned)
        let notes = try await self.compared(
            [moved], of: detail, allowingDuplicates: isAllowed, comparesWords: !detail.post.isRecurring, on: &db)
        let generation = try await TargetRepository.move(
            target.id, of: target.client, dueAt: dueAt, planned: resolved.planned, from: Self.changeable,
            actor: actor, reason: words, on: &db)
        guard generation != nil else { return nil }
        var wish = wish
        wish.dueAt = dueAt
        if target.state == .draft || target.state == .missed {
            try await self.plan(target, wish, actor: actor, on: &db)
        } else if let job = target.job {
            try await self.jobs.reschedule(job, client: target.client, wish, on: &db)
        }
        return (words + (resolved.note.map { " (\($0))" } ?? ""), notes)
    }

    /// A time as the person meant it: in its own zone, or the client's.
    private static func words(_ dueAt: Date, _ resolved: ResolvedTime, of detail: PostDetail) -> String {
        dueAt.iso8601(in: ZoneID(rawValue: resolved.planned?.timeZone ?? detail.client.timeZone) ?? .utc)
    }

    /// Makes a target planned that has no live job, with a new one.
    private func plan(_ target: TargetRow, _ wish: JobWish, actor: String, on db: inout Transaction) async throws {
        var job = NewJob.publish(
            target: target.id, client: target.client, account: target.account, platform: target.platform,
            dueAt: wish.dueAt)
        job.priority = wish.priority ?? job.priority
        job.key = wish.key
        try await Self.transition(
            target,
            TargetTransition(
                client: target.client, target: target.id, from: [target.state], to: .planned, actor: actor),
            on: &db)
        try await TargetRepository.setJob(job.id, of: target.id, client: target.client, on: &db)
        try await self.jobs.enqueue([job], on: &db)
    }

    /// Changes the state of a target that was read without a lock: another command may have been first, and what belongs to the change, as a new
    /// job, must not happen twice.
    ///
    /// - Throws: `ServiceError`: `conflict` when it is not as it was read.
    private static func transition(
        _ target: TargetRow, _ change: TargetTransition, on db: inout Transaction
    ) async throws {
        guard try await TargetRepository.transition(change, on: &db) != nil else { throw Self.changed(target) }
    }

    private static func changed(_ target: TargetRow) -> ServiceError {
        ServiceError(.conflict, "target \(target.id) was changed meanwhile: try again")
    }

    /// Calls off a post, or one target of it.
    ///
    /// A worker that has it in hand is asked to stop before it sends.
    ///
    /// - Throws: `ServiceError`: `notFound`, `conflict` when nothing of it can be cancelled any more.
    package func cancel(
        _ reference: String, client: String?, actor: String, reason: String? = nil
    ) async throws -> [TargetChange] {
        let words = reason ?? "cancelled by \(actor)"
        return try await self.change(reference, client: client, verb: "cancelled") { detail, target, db in
            guard !target.state.isFinal else { return nil }
            guard target.state != .unknown else { throw Self.unsettled(target, verb: "cancelled") }
            var isInHand = false
            if let job = target.job, target.state != .draft {
                do {
                    isInHand = try await self.jobs.cancel(job, client: target.client, reason: words, on: &db) == false
                } catch let error as JobQueueError {
                    // A job that has ended leaves only the target to be closed; anything else stands in the way.
                    let hand = try await TargetHand.load(target, on: &db)
                    let isGone = error.code == .notFound || (error.code == .conflict && !hand.isLive)
                    guard isGone else { throw ServiceError(.conflict, error.message) }
                    if let obstacle = hand.obstacle {
                        throw ServiceError(
                            .conflict,
                            "\(detail.account(of: target)) cannot be cancelled: its job has ended, but \(obstacle)")
                    }
                }
            }
            // What a worker sends in spite of it is recorded, and makes the target published: the truth wins.
            let before = try await TargetRepository.transition(
                TargetTransition(
                    client: target.client, target: target.id, from: [target.state], to: .cancelled, actor: actor,
                    reason: words),
                on: &db)
            guard before != nil || isInHand else { throw Self.changed(target) }
            try await BoostRepository.cancelWaiting(
                for: target.id, of: target.client, actor: actor, reason: "its target is cancelled", on: &db)
            return isInHand ? "cancelled; a worker has it in hand and was asked to stop before it sends" : "cancelled"
        }
    }

    /// Tries failed or missed targets again, now.
    ///
    /// - Throws: `ServiceError`: `notFound`, `conflict` when nothing of it has failed, or an earlier send may have taken effect.
    package func retry(_ reference: String, client: String?, actor: String) async throws -> [TargetChange] {
        try await self.change(reference, client: client, verb: "retried") { detail, target, db in
            try await self.retry(target, of: detail, at: .now, JobWish(), verb: "retried", actor: actor, on: &db)
        }
    }

    /// Tries one target again in the caller's transaction, at a time, and gives its job what is wished for besides the time.
    ///
    /// - Returns: What happened; `nil` when nothing of it has failed.
    func retry(
        _ target: TargetRow, of detail: PostDetail, at time: PostTime, _ wish: JobWish, verb: String, actor: String,
        on db: inout Transaction
    ) async throws -> String? {
        guard target.state != .unknown else { throw Self.unsettled(target, verb: verb) }
        guard Self.retriable.contains(target.state), target.job != nil || target.state == .missed else { return nil }
        let now = try await WorldTime.now(on: &db)
        let resolved = try ResolvedTime(time, clientZone: detail.client.timeZone, now: now)
        var wish = wish
        wish.dueAt = time == .now ? nil : resolved.dueAt
        if target.state != .missed, let job = target.job {
            do {
                try await self.jobs.retry(job, client: target.client, wish, on: &db)
            } catch let error as JobQueueError {
                guard error.code != .unknownEffect else { throw Self.unsettled(target, verb: verb) }
                throw ServiceError(.conflict, error.message)
            }
        }
        var moment = "now"
        if let dueAt = wish.dueAt {
            moment = "at \(Self.words(dueAt, resolved, of: detail))"
            let generation = try await TargetRepository.move(
                target.id, of: target.client, dueAt: dueAt, planned: resolved.planned, from: [target.state],
                actor: actor, reason: "moved to \(moment.dropFirst(3))", on: &db)
            guard generation != nil else { throw Self.changed(target) }
        }
        let note = resolved.note.map { " (\($0))" } ?? ""
        guard target.state != .missed else {
            // Its job has ended: the time was left out, nothing has failed.
            wish.dueAt = wish.dueAt ?? now
            try await self.plan(target, wish, actor: actor, on: &db)
            return "will be published \(moment)\(note)"
        }
        try await Self.transition(
            target,
            TargetTransition(
                client: target.client, target: target.id, from: [target.state], to: .planned, actor: actor,
                reason: "tried again"),
            on: &db)
        return "will be tried again \(moment)\(note)"
    }

    /// What may have been sent must be settled before anything else.
    static func unsettled(_ target: TargetRow, verb: String) -> ServiceError {
        ServiceError(
            .conflict,
            "target \(target.id) cannot be \(verb): it is not known whether it was published. See: posthorn intent show "
                + "publish:\(target.id)")
    }

    /// Lets the held job of a target go on as it was, and plans the target again when it waits.
    ///
    /// What was sent of it is looked up before anything is sent again.
    ///
    /// - Throws: `JobQueueError`: `notFound`, or `conflict` when the job is not held.
    package func release(_ job: JobSpec, actor: String) async throws {
        try await self.pool.withTransaction { db in
            try await self.jobs.release(job.id, client: job.client, on: &db)
            guard job.kind == .publish, let target = job.subject else { return }
            try await TargetRepository.transition(
                TargetTransition(
                    client: job.client, target: TargetID(target), from: [.waiting], to: .planned, actor: actor,
                    reason: "released"),
                on: &db)
        }
    }

    /// Runs a change for each target that the reference names, in one transaction.
    private func change(
        _ reference: String, client: String?, verb: String,
        _ body: (PostDetail, TargetRow, inout Transaction) async throws -> String?
    ) async throws -> [TargetChange] {
        try await self.pool.withTransaction { db in
            let detail = try await Self.detail(reference, client: client, on: &db)
            let named = detail.targets.filter { $0.id.description == reference.lowercased() }
            var changes: [TargetChange] = []
            for target in named.isEmpty ? detail.targets : named {
                let message = try await body(detail, target, &db)
                let after = try await TargetRepository.find(target.id, of: target.client, on: &db) ?? target
                changes.append(
                    TargetChange(
                        target: after, account: detail.account(of: target), isChanged: message != nil,
                        message: message ?? "is \(target.state.rawValue) and cannot be \(verb)"))
            }
            guard changes.contains(where: \.isChanged) else {
                let states = changes.map { "\($0.account) \($0.message)" }.joined(separator: "; ")
                throw ServiceError(
                    .conflict, "nothing was changed: \(states.isEmpty ? "the post has no targets" : states)")
            }
            return changes
        }
    }
}
