// SPDX-License-Identifier: MIT

import Domain
import JobQueue
import Logging

/// What a worker does, as log lines: constant sentences, values as metadata.
enum WorkerLog {
    static func write(_ event: WorkerEvent, to logger: Logger) {
        switch event {
        case .started(let worker): logger.info("worker started", metadata: ["worker.id": "\(worker)"])
        case .claimed(let queue, let count, let took):
            logger.debug(
                "jobs claimed",
                metadata: [
                    "queue": "\(queue)", "jobs": .stringConvertible(count),
                    "claim.seconds": .stringConvertible(took.secondsValue),
                ])
        case .running(let job): logger.debug("job started", metadata: self.facts(job))
        case .ran(let job, let outcome, let duration):
            logger.debug("job ran", metadata: self.facts(job).merging(self.outcome(outcome, duration)) { $1 })
        case .finished(let job, let outcome, let result):
            self.finished(job, outcome, result, logger)
        case .cancelling(let job, let cause):
            logger.notice(
                "job is told to stop", metadata: self.facts(job).merging(["cause": "\(cause.rawValue)"]) { $1 })
        case .setback(let step, let error):
            logger.warning(
                "a call to the database failed and is repeated", metadata: ["step": "\(step)", "reason": "\(error)"])
        case .fenced: logger.warning("no heartbeat gets through: nothing is sent until one does")
        case .died(let worker):
            logger.warning("the fleet took this worker for dead; it starts over", metadata: ["worker.id": "\(worker)"])
        case .outdated(let lack):
            logger.error(
                "the database needs a newer Posthorn: this worker finishes what it has and ends",
                metadata: ["schema.required": "\(lack)"])
        case .rescued(let report):
            logger.notice("jobs of dead workers were taken back", metadata: ["report": "\(report)"])
        case .scheduled(let report):
            logger.info(
                "slots of schedules were decided",
                metadata: [
                    "jobs": .stringConvertible(report.fired), "missed": .stringConvertible(report.missed),
                    "refused": .stringConvertible(report.refused),
                ])
        case .retained(let report):
            let rows = report.rows.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
            logger.info(
                "what was old enough was removed",
                metadata: [
                    "partitions": "\(report.partitions.joined(separator: ", "))",
                    "rows": "\(rows.joined(separator: ", "))",
                ])
        case .kept(let name, let report):
            logger.info(
                "housekeeping was done", metadata: ["work": "\(name)", "count": .stringConvertible(report.count)])
        case .snapshot(let alarm): self.snapshot(alarm, logger)
        case .listening: logger.debug("worker listens for work that is due now")
        case .draining: logger.info("worker takes no more work and finishes what it has")
        case .stopped(let worker): logger.info("worker stopped", metadata: ["worker.id": "\(worker)"])
        }
    }

    private static func snapshot(_ alarm: SnapshotAlarm, _ logger: Logger) {
        let facts: Logger.Metadata = [
            "snapshot.holder": "\(alarm.holder.words)", "snapshot.cause": "\(alarm.holder.cause.rawValue)",
            "snapshot.seconds": .stringConvertible(alarm.held.secondsValue),
            "snapshot.transactions": .stringConvertible(alarm.holder.transactions),
        ]
        switch alarm.level {
        case .clear: logger.notice("the old snapshot is gone; all queues go on at full speed", metadata: facts)
        case .warned:
            logger.warning(
                "an old snapshot keeps dead rows in the queue's tables",
                metadata: facts.merging(["fix": "\(alarm.holder.remedy)"]) { $1 })
        case .slowed:
            logger.warning(
                "an old snapshot keeps dead rows in the queue's tables: metrics work is slowed until it is gone",
                metadata: facts.merging(["fix": "\(alarm.holder.remedy)"]) { $1 })
        }
    }

    private static func finished(_ job: ClaimedJob, _ outcome: JobOutcome, _ result: FinishResult, _ logger: Logger) {
        let facts = self.facts(job).merging(["job.result": "\(result)"]) { $1 }
        switch outcome {
        case .succeeded: logger.info("job done", metadata: facts)
        case .retry(_, let failure):
            logger.notice("job failed and is tried again", metadata: facts.merging(self.failure(failure)) { $1 })
        case .failed(let failure): logger.warning("job failed", metadata: facts.merging(self.failure(failure)) { $1 })
        case .held(let reason, let failure):
            logger.warning(
                "job waits for a person",
                metadata: facts.merging(["reason": "\(reason)"]) { $1 }
                    .merging(failure.map { self.failure($0) } ?? [:]) { $1 })
        case .deferred(_, let reason), .deferredFor(_, let reason), .keptBack(_, let reason):
            logger.info("job put off", metadata: facts.merging(["reason": "\(reason)"]) { $1 })
        case .cancelled(let reason):
            logger.info("job cancelled", metadata: facts.merging(["reason": "\(reason)"]) { $1 })
        case .released: logger.info("job given back", metadata: facts)
        }
    }

    private static func facts(_ job: ClaimedJob) -> Logger.Metadata {
        [
            "job.id": "\(job.spec.id)", "job.kind": "\(job.spec.kind)", "job.attempt": .stringConvertible(job.attempt),
            "platform": "\(job.spec.provider)", "client.id": "\(job.spec.client)",
        ]
    }

    private static func outcome(_ outcome: JobOutcome, _ duration: Duration) -> Logger.Metadata {
        ["job.outcome": "\(outcome)", "job.seconds": .stringConvertible(duration.secondsValue)]
    }

    private static func failure(_ failure: JobFailure) -> Logger.Metadata {
        var facts: Logger.Metadata = ["error.type": "\(failure.code)", "error.message": "\(failure.message)"]
        if let status = failure.httpStatus { facts["http.status"] = .stringConvertible(status) }
        if let request = failure.requestID { facts["http.request_id"] = "\(request)" }
        return facts
    }
}
