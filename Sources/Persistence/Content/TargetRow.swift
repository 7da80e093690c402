// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
import PQClient
package import PluginKit

/// Where a target stands.
package enum TargetState: String, Sendable, CaseIterable, PQConvertible {
    /// Not planned yet.
    case draft
    /// Waits for its time.
    case planned
    /// A worker publishes it.
    case publishing
    /// The platform works on it.
    case processing
    /// Nobody knows whether the platform acted; it is looked up before anything is sent again.
    case unknown
    /// A named person has to decide.
    case waiting
    /// It is visible.
    case published
    /// It failed for a reason that is kept.
    case failed
    /// A person called it off.
    case cancelled
    /// Its time passed and the client's policy leaves it out.
    case missed

    /// Whether nothing more happens to it on its own.
    package var isFinal: Bool {
        switch self {
        case .published, .failed, .cancelled, .missed: true
        case .draft, .planned, .publishing, .processing, .unknown, .waiting: false
        }
    }
}

/// What a person planned, from which a target's instant was derived.
package struct PlannedTime: Sendable, Hashable {
    /// The local wall time, `2026-11-01T09:30:00`.
    package var localTime: String
    /// The IANA zone.
    package var timeZone: String
    /// What happens when the clock skips that time.
    package var gapPolicy: String
    /// What happens when the clock shows that time twice.
    package var overlapPolicy: String
    /// The version of the zone data that was used.
    package var zoneVersion: String

    /// Makes a planned time.
    package init(localTime: String, timeZone: String, gapPolicy: String, overlapPolicy: String, zoneVersion: String) {
        self.localTime = localTime
        self.timeZone = timeZone
        self.gapPolicy = gapPolicy
        self.overlapPolicy = overlapPolicy
        self.zoneVersion = zoneVersion
    }
}

/// Why a target is not published, for people and programs.
package struct TargetFailure: Sendable, Hashable {
    /// The class, from the closed vocabulary of plugin errors.
    package var code: String
    /// What happened.
    package var message: String
    /// What a person can do.
    package var nextAction: String?

    /// Makes a failure.
    package init(code: String, message: String, nextAction: String? = nil) {
        self.code = code
        self.message = message
        self.nextAction = nextAction
    }
}

/// A post's revision for one account: the unit that is published.
package struct TargetRow: Sendable, Hashable {
    /// The client.
    package var client: ClientID
    /// Its identity.
    package var id: TargetID
    /// The post.
    package var post: PostID
    /// The revision of the post.
    package var revision: Int
    /// The account.
    package var account: AccountID
    /// The account's platform.
    package var platform: PlatformID
    /// What is sent, complete; the media's paths are empty and found by their hash.
    package var content: PostContent
    /// SHA-256 of the content as stored.
    package var contentHash: String
    /// When it is due, in the world's time; `nil` for a draft without a time.
    package var dueAt: Date?
    /// What a person planned, when it was not an instant.
    package var planned: PlannedTime?
    /// Where it stands.
    package var state: TargetState
    /// Counts its plans: an edit or a move makes a new one, and work for an older one is void.
    package var generation: Int
    /// The job that publishes it.
    package var job: JobID?
    /// Whether its time was chosen to learn from.
    package var isExperiment: Bool
    /// The kept fit that its time was chosen by, `nil` when a person gave the time.
    ///
    /// It stays when a person moves the target later.
    package var fit: UUID?
    /// Why it is not published.
    package var failure: TargetFailure?
    /// When it was published, in the platform's words or ours; the world's time.
    package var publishedAt: Date?

    /// Makes a target; the content's hash is computed.
    package init(
        client: ClientID, id: TargetID = TargetID(), post: PostID, revision: Int = 1, account: AccountID,
        platform: PlatformID,
        content: PostContent, dueAt: Date?, planned: PlannedTime? = nil, state: TargetState, job: JobID? = nil
    ) throws {
        self.client = client
        self.id = id
        self.post = post
        self.revision = revision
        self.account = account
        self.platform = platform
        self.content = content
        self.contentHash = JSONColumn.hash(try JSONColumn.encode(content))
        self.dueAt = dueAt
        self.planned = planned
        self.state = state
        self.generation = 1
        self.job = job
        self.isExperiment = false
    }

    init(row: Row) throws {
        self.client = try row.get("client_id")
        self.id = try row.get("target_id")
        self.post = try row.get("post_id")
        self.revision = try row.get("revision_no")
        self.account = try row.get("account_id")
        self.platform = try row.get("platform")
        self.content = try JSONColumn.decode(try row.get("content"))
        self.contentHash = try row.get("content_hash")
        self.dueAt = try row.get("due_at")
        if let localTime: String = try row.get("local_time"), let timeZone: String = try row.get("time_zone") {
            self.planned = PlannedTime(
                localTime: localTime, timeZone: timeZone, gapPolicy: try row.get("gap_policy", as: String?.self) ?? "",
                overlapPolicy: try row.get("overlap_policy", as: String?.self) ?? "",
                zoneVersion: try row.get("zone_version", as: String?.self) ?? "")
        }
        self.state = try row.get("state")
        self.generation = try row.get("generation")
        self.job = try row.get("job_id")
        self.isExperiment = try row.get("experiment")
        self.fit = try row.get("fit_id")
        if let code: String = try row.get("failure_code") {
            self.failure = TargetFailure(
                code: code, message: try row.get("failure_message", as: String?.self) ?? "",
                nextAction: try row.get("next_action"))
        }
        self.publishedAt = try row.get("published_at")
    }
}
