// SPDX-License-Identifier: MIT

import Domain
package import JobQueue
import PluginKit

/// What a person does to a subject's limits.
package enum LimitChange: Sendable, Hashable {
    /// Sets a limit.
    case set(LimitKey, calls: Int)
    /// Takes a set limit back.
    case clear(LimitKey)
    /// Sets how many jobs run at once, in the whole fleet; nil goes back to the usual number.
    case running(Int?)
    /// Opens what a platform or a used-up limit has closed, before its time.
    case reopen
}

extension LimitService {
    /// Says whether a change can be made, without making it.
    ///
    /// - Throws: `ServiceError` as ``apply(_:to:reason:actor:)`` throws it.
    package func check(_ change: LimitChange, of subject: LimitSubject) async throws {
        switch change {
        case .set(let key, let calls):
            try self.check(key, of: subject)
            try Self.inWords { () throws(JobQueueError) in try LimitStore.check(key, calls: calls) }
        case .clear(let key):
            guard try await self.store.isSet(key) else { throw Self.isNotSet(key, of: subject) }
        case .running(let count):
            _ = try Self.concurrency(of: subject)
            try Self.inWords { () throws(JobQueueError) in try JobStore.check(concurrency: count) }
        case .reopen: break
        }
    }

    /// Makes a change and writes down who did it and why.
    ///
    /// - Returns: What was done, for a person.
    /// - Throws: `ServiceError` with code `invalid` for what cannot be kept or an endpoint that the platform does not have, `notFound` when there
    ///   is nothing to take back.
    package func apply(
        _ change: LimitChange, to subject: LimitSubject, reason: String, actor: String
    ) async throws -> String {
        try await self.check(change, of: subject)
        switch change {
        case .set(let key, let calls):
            try await self.store.set(key, calls: calls, reason: reason, by: actor)
            return "set a limit of \(subject.name)"
        case .clear(let key):
            guard try await self.store.clear(key, reason: reason, by: actor) else {
                throw Self.isNotSet(key, of: subject)
            }
            return "took a limit of \(subject.name) back"
        case .running(let count):
            try await JobStore(pool: self.pool).setConcurrency(
                try Self.concurrency(of: subject), count, named: subject.scope, by: actor, reason: reason)
            return "jobs of \(subject.name) that run at once: \(count.map { "\($0)" } ?? "usual")"
        case .reopen:
            let count = try await self.store.reopen(subject.scope, by: actor, reason: reason)
            return "opened \(count) gate(s) of \(subject.name)"
        }
    }

    private static func concurrency(of subject: LimitSubject) throws(ServiceError) -> ConcurrencyScope {
        switch subject.scope {
        case .account(let account):
            guard let client = subject.client else {
                throw ServiceError(.invalid, "whose account \(subject.name) is was not said")
            }
            return .account(client, account)
        case .client(let client): return .client(client, nil)
        case .app(let app): return .app(app, nil)
        case .provider(let name): return .provider(name, nil)
        }
    }

    private static func inWords(_ check: () throws(JobQueueError) -> Void) throws(ServiceError) {
        do throws(JobQueueError) {
            try check()
        } catch {
            throw ServiceError(.invalid, error.message)
        }
    }

    private static func isNotSet(_ key: LimitKey, of subject: LimitSubject) -> ServiceError {
        ServiceError(
            .notFound,
            "no limit of \(subject.name) is set for '\(key.endpoint)' in \(key.window.readable). See: posthorn limit show"
        )
    }

    private func check(_ key: LimitKey, of subject: LimitSubject) throws(ServiceError) {
        guard let platform = subject.platform, let manifest = self.registry[platform]?.manifest,
            key.endpoint != LimitKey.everyEndpoint
        else { return }
        let known = Set(manifest.rateBuckets.map(\.endpoint)).sorted()
        guard !known.isEmpty, !known.contains(key.endpoint) else { return }
        throw ServiceError(
            .invalid,
            "\(manifest.name) has no endpoint '\(key.endpoint)'.\(NearestName.hint(key.endpoint, in: known)) "
                + "There are: \(known.joined(separator: ", "))")
    }
}
