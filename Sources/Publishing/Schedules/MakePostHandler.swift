// SPDX-License-Identifier: MIT

import Domain
import Foundation
package import JobQueue
import PQClient
import Persistence
import PluginKit

/// Makes the post of a schedule's slot: once, under the slot's key, planned for the slot's time.
///
/// A template that can no longer be planned, since an account is gone or a platform changed its limits, waits for a person.
package struct MakePostHandler: JobHandler {
    private let services: HandlerServices

    /// Makes a handler.
    package init(services: HandlerServices) { self.services = services }

    /// `make-post`.
    package var kind: JobKind { .makePost }

    /// Makes one post.
    package func run(_ job: ClaimedJob, _ context: JobContext) async throws -> JobResult {
        let loaded = try await self.services.pool.withConnection { db in
            try await ScheduleStore(jobs: self.services.jobs).origin(of: job.id, client: job.client, on: &db)
        }
        guard let (schedule, slot) = loaded else {
            return JobResult(.cancelled(reason: "the schedule is gone"))
        }
        let template: PostTemplate = try JSONColumn.decode(job.payload)
        let draft = template.draft(at: Self.time(slot, of: schedule), key: job.spec.key)
        let posts = PostService(pool: self.services.pool, jobs: self.services.jobs, registry: self.services.registry)
        let (client, actor) = (job.client.description, PostRow.scheduler + schedule.name)
        do {
            _ = try await posts.check(draft, client: client, actor: actor)
        } catch let error as ServiceError {
            return JobResult(
                .held(reason: "cannot-be-planned", JobFailure(code: "permanent", message: error.description)))
        }
        return JobResult(.succeeded) { db in
            _ = try await posts.create(draft, client: client, actor: actor, on: &db)
        }
    }

    /// The slot's own time; for a slot that a person runs by hand, the time it is run at.
    private static func time(_ slot: DecidedSlot, of schedule: Schedule) -> PostTime {
        let dueAt = slot.dueAt ?? slot.at
        guard slot.cause == .schedule else { return .slot(dueAt, nil) }
        let plan = LocalPlan(
            wall: slot.local, zone: schedule.plan.zone, gap: schedule.plan.gap,
            overlap: slot.fold == 0 ? .first : .second)
        // Derived again: the slot may have been decided with older zone data. What jitter has added stays.
        let jitter = dueAt.timeIntervalSince(slot.at)
        let moment = (plan.resolve().instant ?? slot.at).addingTimeInterval(jitter)
        return .slot(moment, PlannedTime(plan.standing(at: moment)))
    }
}

extension PostRow {
    /// What stands before a schedule's name where it makes a post.
    fileprivate static let scheduler = "schedule:"

    /// Whether a schedule made it: then it is meant to come again.
    var isRecurring: Bool { self.createdBy.hasPrefix(Self.scheduler) }
}
