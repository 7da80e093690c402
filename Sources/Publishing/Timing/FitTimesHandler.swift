// SPDX-License-Identifier: MIT

import Analysis
package import Domain
package import Foundation
package import JobQueue
import PQClient

/// Fits an account's best times after new numbers that count; the first fit of a platform in a day learns its curve too.
package struct FitTimesHandler: JobHandler {
    private let services: HandlerServices

    /// Makes a handler.
    package init(services: HandlerServices) { self.services = services }

    /// `fit-times`.
    package var kind: JobKind { .fitTimes }

    /// Thousands of accounts are fitted in seconds.
    package var deadline: Duration { .seconds(600) }

    /// Fits one account.
    package func run(_ job: ClaimedJob, _ context: JobContext) async throws -> JobResult {
        guard let account = job.account else {
            return JobResult(.failed(JobFailure(code: "permanent", message: "the job names no account")))
        }
        do {
            let computed = try await TimingService(pool: self.services.pool).computed(account, client: job.client)
            // Kept by the transaction that ends the job: whoever does it, and however often it is begun, one fit is kept.
            return JobResult(.succeeded) { db in _ = try await computed.keep(on: &db) }
        } catch let error as Cholesky.NotPositiveDefinite {
            return JobResult(.failed(JobFailure(code: "permanent", message: error.description)))
        }
    }
}

extension NewJob {
    /// How far apart the fits of an account are at least, in seconds of the world.
    private static let fitPause: TimeInterval = 6 * 3_600

    /// How long the first readings of an account's past are given before its best times are fitted, in seconds of the world.
    private static let readingTime: TimeInterval = 600

    /// The job that fits an account's best times soon after its past was taken in; what is read later brings a job of its own.
    package static func fitTimes(
        account: AccountID, client: ClientID, platform: PlatformID, after run: UUID, now: Date
    ) -> NewJob {
        NewJob(
            client: client, account: account, queue: .metrics, kind: .fitTimes, provider: platform.rawValue,
            subject: account.uuid, priority: 200, dueAt: now.addingTimeInterval(Self.readingTime),
            key: "fit:\(account):\(run.uuidString.lowercased())")
    }

    /// The job that fits an account's best times after something new: at most one in six hours, at the end of them.
    package static func fitTimes(account: AccountID, client: ClientID, platform: PlatformID, now: Date) -> NewJob {
        let number = Int((now.timeIntervalSince1970 / Self.fitPause).rounded(.down))
        // Accounts have their fits at different times, so that they are no burst.
        let phase = Double(account.uuid.uuid.15) / 256 * 1_800
        return NewJob(
            client: client, account: account, queue: .metrics, kind: .fitTimes, provider: platform.rawValue,
            subject: account.uuid, priority: 200,
            dueAt: Date(timeIntervalSince1970: Double(number + 1) * Self.fitPause + phase),
            key: "fit:\(account):\(number)", keyLifetime: .seconds(2 * 86_400))
    }
}
