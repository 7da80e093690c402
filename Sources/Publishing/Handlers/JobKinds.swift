// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import JobQueue
import PQClient
import PluginKit

extension QueueName {
    /// Slots for publishing.
    package static let publish: Self = "publish"
    /// Slots for starting boosts; what runs is looked at and stopped in those of reconciling.
    package static let boost: Self = "boost"
    /// Slots for metrics: they can never hold up a publish.
    package static let metrics: Self = "metrics"
    /// All that a worker serves unless told otherwise.
    package static let all: [Self] = [.publish, .boost, .metrics, .reconcile]
    /// What a pause of a client or an account stops: looking whether something took effect goes on.
    static let pausable: [Self] = [.publish, .boost, .metrics]
}

extension JobKind {
    /// Publishes a target.
    package static let publish: Self = "publish"
    /// Starts a boost, or looks how it stands.
    package static let boost: Self = "boost"
    /// Reads the metrics of a publication or of an account.
    package static let fetchMetrics: Self = "fetch-metrics"
    /// Reads a comment that a platform told of.
    package static let fetchComment: Self = "fetch-comment"
    /// Records what an account posted before it was connected.
    package static let backfill: Self = "backfill"
    /// Makes the post of a schedule's slot.
    package static let makePost: Self = "make-post"
    /// Plans the readings of a metric sweep.
    package static let sweepMetrics: Self = "sweep-metrics"
    /// Fits the best times of an account.
    package static let fitTimes: Self = "fit-times"
}

extension NewJob {
    /// The job that publishes a target.
    package static func publish(
        target: TargetID, client: ClientID, account: AccountID, platform: PlatformID, dueAt: Date?
    ) -> NewJob {
        NewJob(
            client: client, account: account, queue: .publish, kind: .publish, provider: platform.rawValue,
            subject: target.uuid,
            dueAt: dueAt, recovery: .reconcile)
    }

    /// The job that reads a publication's metrics once.
    package static func fetchMetrics(
        publication: PublicationID, client: ClientID, account: AccountID, platform: PlatformID, dueAt: Date?,
        key: String?
    ) -> NewJob {
        NewJob(
            client: client, account: account, queue: .metrics, kind: .fetchMetrics, provider: platform.rawValue,
            subject: publication.uuid, payload: #"{"of": "publication"}"#, dueAt: dueAt, key: key)
    }

    /// The job that reads an account's own metrics once.
    package static func fetchAccountMetrics(
        account: AccountID, client: ClientID, platform: PlatformID, dueAt: Date?, key: String?
    ) -> NewJob {
        NewJob(
            client: client, account: account, queue: .metrics, kind: .fetchMetrics, provider: platform.rawValue,
            subject: account.uuid, payload: #"{"of": "account"}"#, dueAt: dueAt, key: key)
    }

    /// The job that reads a comment.
    package static func fetchComment(
        _ comment: CommentID, client: ClientID, account: AccountID, platform: PlatformID, key: String?
    ) -> NewJob {
        NewJob(
            client: client, account: account, queue: .metrics, kind: .fetchComment, provider: platform.rawValue,
            subject: comment.uuid, key: key)
    }

    /// A job of a boost.
    ///
    /// Looking at what runs and stopping it go where a pause does not reach: money is spent whoever is paused.
    package static func boost(
        _ step: BoostStep, of boost: BoostID, client: ClientID, account: AccountID, platform: PlatformID, dueAt: Date?
    ) -> NewJob {
        NewJob(
            client: client, account: account, queue: step == .start ? .boost : .reconcile, kind: .boost,
            provider: platform.rawValue,
            subject: boost.uuid, payload: JSONText(#"{"step": "\#(step.rawValue)"}"#), dueAt: dueAt,
            recovery: step == .start ? .reconcile : .requeue)
    }
}

/// What a boost job does.
package enum BoostStep: String, Sendable, Codable {
    /// Sets money aside and starts it.
    case start
    /// Looks how it stands and what it spent.
    case status
    /// Stops it; tried until the platform confirms.
    case stop
}
