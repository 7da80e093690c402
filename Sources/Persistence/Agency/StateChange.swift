// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import PQClient

/// What a state change is about.
package enum SubjectKind: String, Sendable, PQConvertible {
    /// A client.
    case client
    /// An account.
    case account
    /// An ad account.
    case adAccount = "ad-account"
    /// A post.
    case post
    /// A target.
    case target
    /// A publication.
    case publication
    /// A boost.
    case boost
    /// A rule that boosts.
    case boostRule = "boost-rule"
    /// A schedule.
    case schedule
    /// A budget cap; the subject is the client.
    case budget
}

/// Who changed the state of what, when and why.
package struct StateChange: Sendable, Hashable {
    /// The client that it belongs to.
    package var client: ClientID
    /// What was changed.
    package var kind: SubjectKind
    /// Which one.
    package var subject: UUID
    /// When, in the world's time; the database's `world_now()` when it is appended.
    package var at: Date?
    /// Who: `cli:ada`, `worker:<id>`, `platform:x`.
    package var actor: String
    /// The state before; `nil` when it was made.
    package var from: String?
    /// The state after.
    package var to: String
    /// Why.
    package var reason: String?

    /// Makes a change to append.
    package init(
        client: ClientID, kind: SubjectKind, subject: UUID, actor: String, from: String?, to: String,
        reason: String? = nil
    ) {
        self.client = client
        self.kind = kind
        self.subject = subject
        self.actor = actor
        self.from = from
        self.to = to
        self.reason = reason
    }

    init(row: Row) throws {
        self.init(
            client: try row.get("client_id"), kind: try row.get("subject_kind"), subject: try row.get("subject_id"),
            actor: try row.get("actor"), from: try row.get("from_state"), to: try row.get("to_state"),
            reason: try row.get("reason"))
        self.at = try row.get("at")
    }
}

/// The append-only log of state changes.
package enum StateChanges {
    /// Appends changes, all at the world's present moment.
    package static func append(_ changes: [StateChange], on db: inout some SQLSession & ~Copyable) async throws {
        guard !changes.isEmpty else { return }
        try await db.execute(
            """
            INSERT INTO state_change (client_id, subject_kind, subject_id, actor, from_state, to_state, reason)
            SELECT * FROM unnest(
                \(changes.map(\.client)), \(changes.map(\.kind)), \(changes.map(\.subject)), \(changes.map(\.actor)),
                \(changes.map(\.from)), \(changes.map(\.to)), \(changes.map(\.reason)))
            """)
    }

    /// Reads what happened to some subjects of a client, oldest first.
    package static func list(
        _ subjects: [UUID], of client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws -> [StateChange] {
        try await db.query(
            """
            SELECT client_id, subject_kind, subject_id, at, actor, from_state, to_state, reason
            FROM state_change
            WHERE client_id = \(client) AND subject_id = ANY(\(subjects))
            ORDER BY at, change_id
            """
        ).decoded(StateChange.init(row:))
    }
}
