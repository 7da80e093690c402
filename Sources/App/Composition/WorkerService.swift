// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import Logging
import PQClient
import Persistence
import Publishing

/// A worker process: handlers in, events out as log lines.
struct WorkerService: Sendable {
    let settings: WorkerSettings
    let services: ServiceContext
    let database: DatabaseSettings
    let logger: Logger
    var untilEmpty = false

    /// Makes sure that the listener's own address is no pooler's: it would hear nothing, for ever.
    ///
    /// A server that cannot be reached now is no reason not to start: the worker waits for it.
    func checkListener() async throws {
        guard let configuration = try self.database.listener() else { return }
        let pool = ConnectionPool(configuration: configuration, logger: self.logger)
        do {
            try await pool.execute("SELECT")
        } catch  where error.code == .pooler {
            await pool.close()
            throw error
        } catch {
            self.logger.debug("the listener's address does not answer yet", metadata: ["reason": "\(error)"])
        }
        await pool.close()
    }

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
        configuration.housekeeping = [
            BoostRuleHousekeeping(jobs: self.services.handlers.jobs),
            BoostWatchHousekeeping(jobs: self.services.handlers.jobs), WaitingBoostHousekeeping(),
            DailyLookHousekeeping(jobs: self.services.handlers.jobs, registry: self.services.handlers.registry),
            WebhookRetention(registry: self.services.handlers.registry),
            ZoneDataHousekeeping(jobs: self.services.handlers.jobs),
        ]
        configuration.errands = [TokenHousekeeping(accesses: self.services.accesses)]
        configuration.listenAddress = try self.database.listener()
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
                JournaledHandler(CommentHandler(services: handlers)),
                JournaledHandler(ReconcileHandler(services: handlers)),
                JournaledHandler(BackfillHandler(services: handlers)),
                MakePostHandler(services: handlers), SweepMetricsHandler(services: handlers),
                FitTimesHandler(services: handlers), ApplyBoostRulesHandler(services: handlers),
            ],
            logger: logger, onEvent: { WorkerLog.write($0, to: logger) })
    }
}
