// SPDX-License-Identifier: MIT

package import JobQueue
import Logging

/// Runs another handler's jobs with the job named in every log line and an ``ExchangeJournal`` bound, and keeps with each attempt the
/// request that it stood or fell with.
package struct JournaledHandler: JobHandler {
    private let handler: any JobHandler

    /// Wraps a handler.
    package init(_ handler: any JobHandler) { self.handler = handler }

    /// The wrapped handler's kind.
    package var kind: JobKind { self.handler.kind }

    /// The wrapped handler's outside systems.
    package var providers: [String]? { self.handler.providers }

    /// The wrapped handler's deadline.
    package var deadline: Duration { self.handler.deadline }

    /// Whether the wrapped handler's runs hold a slot all the time.
    package func holdsSlot(in queue: QueueName) -> Bool { self.handler.holdsSlot(in: queue) }

    /// Runs one job.
    package func run(_ job: ClaimedJob, _ context: JobContext) async throws -> JobResult {
        let journal = ExchangeJournal()
        var result = try await withLogger(mergingMetadata: Self.facts(job)) { _ in
            try await ExchangeJournal.$current.withValue(journal) { try await self.handler.run(job, context) }
        }
        result.requestID = journal.requestID
        return result
    }

    /// The wrapped handler's word for an end that it did not decide.
    package func record(of outcome: JobOutcome, _ job: ClaimedJob) -> JobResult.Record? {
        self.handler.record(of: outcome, job)
    }

    private static func facts(_ job: ClaimedJob) -> Logger.Metadata {
        [
            "job.id": "\(job.id)", "job.kind": "\(job.kind)", "job.attempt": .stringConvertible(job.attempt),
            "platform": "\(job.provider)", "client.id": "\(job.client)",
        ]
    }
}
