// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import Logging
import Persistence
import Publishing

/// A worker process: handlers in, events out as log lines.
struct WorkerService: Sendable {
    let settings: WorkerSettings
    let services: ServiceContext
    let database: DatabaseSettings
    let logger: Logger
    var untilEmpty = false

    func makeWorker() throws -> Worker {
        var configuration = WorkerConfiguration(
            slots: Dictionary(uniqueKeysWithValues: self.settings.slots.map { (QueueName(rawValue: $0.key), $0.value) })
        )
        configuration.host = ProcessInfo.processInfo.hostName
        configuration.version = Version.number
        configuration.known = Schema.known
        configuration.grace = self.settings.grace
        configuration.heartbeat = self.settings.heartbeat
        configuration.deadAfter = self.settings.deadAfter
        configuration.fenceMargin = min(configuration.fenceMargin, self.settings.deadAfter / 4)
        configuration.maintain = min(configuration.maintain, self.settings.deadAfter / 4)
        configuration.crashLimit = self.settings.crashLimit
        configuration.untilEmpty = self.untilEmpty
        configuration.patient = [.metrics]
        configuration.retention = RetentionPolicy(
            months: [
                RetentionPolicy.attempts: self.settings.historyMonths,
                SamplePartitions.table: self.settings.sampleMonths,
            ])
        if let url = self.database.listenURL {
            configuration.listenAddress = try self.database.pool(role: "listener", connections: 1, url: url)
        }
        if let text = self.settings.crashAt {
            guard let plan = CrashPlan(text) else {
                throw CommandError(
                    .configuration, "POSTHORN_CRASH_AT names no step: “\(text)”",
                    remedy:
                        "use one of \(CrashPoint.all.map(\.rawValue).joined(separator: ", ")), with :N for the N-th time"
                )
            }
            configuration.crash = plan
        }
        let handlers = self.services.handlers
        let logger = self.logger
        return try Worker(
            configuration, pool: self.services.pool,
            handlers: [
                JournaledHandler(PublishHandler(services: handlers)),
                JournaledHandler(BoostHandler(services: handlers)),
                JournaledHandler(MetricsHandler(services: handlers)),
                JournaledHandler(ReconcileHandler(services: handlers)),
                MakePostHandler(services: handlers), SweepMetricsHandler(services: handlers),
            ],
            logger: logger, onEvent: { WorkerLog.write($0, to: logger) })
    }
}
