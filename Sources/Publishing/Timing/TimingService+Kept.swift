// SPDX-License-Identifier: MIT

import Analysis
package import Domain
import Foundation
import PQClient
import Persistence

/// A fit of the past.
package struct KeptTiming: Sendable {
    /// What the model said then.
    package var timing: AccountTiming
    /// The version of the method that said it.
    package var version: Int
    /// The target whose time it chose, where that was asked.
    package var target: TimedTarget?
}

/// A target whose time was chosen.
package struct TimedTarget: Sendable, Hashable {
    /// The target.
    package var id: TargetID
    /// Its hour, in the fit's zone; `nil` when it has no time any more.
    package var hour: HourOfWeek?
    /// What its history says of its time, in order: how it was chosen, and how it was moved since.
    package var history: [String]
}

extension TimingService {
    /// What a kept fit said.
    ///
    /// - Parameter id: The fit's identity, as a target's history names it.
    /// - Throws: `ServiceError`: `invalid` for something else, `notFound` when it is not kept.
    /// - Returns: The fit with what its platform's accounts had in common then.
    package func timing(ofFit id: String) async throws -> KeptTiming {
        guard let uuid = UUID(uuidString: id) else {
            throw ServiceError(
                .invalid, "'\(id)' is no fit's id: a target's history has it, posthorn post timeline TARGET")
        }
        return try await self.kept(uuid)
    }

    /// What was said of the hour of a target when its time was chosen.
    ///
    /// - Parameters:
    ///   - reference: The target; or its post, by identity or by key when the client is given, where one target of it was chosen.
    ///   - client: The client.
    /// - Throws: `ServiceError`: `notFound`; `invalid` when no fit chose the time, or which target is meant is not clear.
    /// - Returns: The fit, and the target.
    package func timing(ofTarget reference: String, client: String? = nil) async throws -> KeptTiming {
        let (target, history) = try await self.pool.withConnection { db in
            let detail = try await PostService.detail(reference, client: client, on: &db)
            let named = detail.targets.filter { $0.id == TargetID(reference) }
            let candidates = named.isEmpty ? detail.targets.filter { $0.fit != nil } : named
            guard candidates.count <= 1 else {
                throw ServiceError(
                    .invalid,
                    "\(candidates.count) targets of this post have chosen times: name one, \(candidates.map(\.id.description).joined(separator: ", "))"
                )
            }
            guard let target = candidates.first, target.fit != nil else {
                throw ServiceError(
                    .invalid,
                    "no fit chose the time of \(reference): it was given by a person. What its hour is worth now: posthorn best-times explain --account ACCOUNT"
                )
            }
            let rows = try await db.query(
                """
                SELECT reason
                FROM state_change
                WHERE client_id = \(target.client) AND subject_kind = 'target' AND subject_id = \(target.id)
                  AND (reason LIKE '%chosen: %' OR reason LIKE 'moved to %')
                ORDER BY at, change_id
                """)
            return (target, try rows.map { row throws in try row.get("reason", as: String.self) })
        }
        guard let fit = target.fit else { preconditionFailure("a target without a fit was taken for one with a fit") }
        var kept = try await self.kept(fit)
        kept.target = TimedTarget(
            id: target.id, hour: target.dueAt.map { HourOfWeek(kept.timing.fit.zone.wallTime(at: $0)) },
            history: history)
        return kept
    }

    private func kept(_ id: UUID) async throws -> KeptTiming {
        try await self.pool.withConnection { db in
            guard let found = try await TimingStore.fit(id, on: &db),
                let row = try await AccountRepository.find(found.account, of: found.client, on: &db),
                let owner = try await ClientRepository.find(found.client, on: &db),
                let curve = try await TimingStore.curve(found.fit.curveID, of: row.platform, on: &db)
            else {
                throw ServiceError(
                    .notFound,
                    "no fit \(id.uuidString.lowercased()) is kept: one that chose no target's time goes after 90 days")
            }
            var timing = AccountTiming(
                client: owner, account: row, fit: found.fit, common: curve.curve, isFresh: false, experiments: nil)
            timing.isPresent = false
            return KeptTiming(timing: timing, version: found.version)
        }
    }
}
