// SPDX-License-Identifier: MIT

package import Domain
import Glibc
package import Logging
package import PQClient
import Synchronization

/// One process's share of the fleet: claims jobs, runs their handlers, writes how they ended.
///
/// ```swift
/// let worker = try Worker(WorkerConfiguration(slots: ["publish": 16]), pool: pool, handlers: [PublishHandler()],
/// logger: logger)
/// try await worker.run()   // until drain() is called or its task is cancelled
/// ```
///
/// It uses the given pool for claims and results, a connection of its own for beats, and one to listen. PostgreSQL may
/// go away and come back
/// at any time: results are kept and written later, jobs go on as long as the lease surely holds.
package final class Worker: Sendable {
    let configuration: WorkerConfiguration
    let store: JobStore
    let handlers: [JobKind: any JobHandler]
    let abilities: [JobAbility]
    let logger: Logger
    let onEvent: @Sendable (WorkerEvent) -> Void

    let table: Mutex<RunTable>
    /// The slots that runs take and give back; none of the queues in which every run holds its own from beginning to end.
    let slots: [QueueName: WorkSlots]
    let turns: Mutex<[QueueName: QueueTurns]>
    let gate = SendGate()
    let completions = CompletionQueue()
    /// What is written about effects at the same moment.
    let effectGroups = EffectGroups(largest: 32)
    let wake = WakeSignal()
    let idle = WakeSignal()
    let control = Mutex(Control())

    /// What the loops share besides the jobs.
    struct Control {
        var id = WorkerID()
        var isDraining = false
        /// Results still unwritten by then are left to the rescue.
        var giveUpAt: ContinuousClock.Instant?
        /// The grace that a drain asked for.
        var grace: Duration?
        /// What the database requires and this program does not know.
        var lack: String?
        /// Moments at which to look everywhere once more.
        var alarms: [ContinuousClock.Instant] = []
    }

    /// Makes a worker; it starts nothing.
    ///
    /// - Parameters:
    ///   - configuration: How it works.
    ///   - pool: Two or three connections are enough for any number of slots.
    ///   - handlers: One per kind.
    ///   - logger: Told at `debug` and `info`.
    ///   - onEvent: Told what happens, quickly, from many tasks.
    /// - Throws: ``JobQueueError`` with code `invalid` when there are no slots or two handlers of one kind.
    package init(
        _ configuration: WorkerConfiguration, pool: ConnectionPool, handlers: [any JobHandler], logger: Logger,
        onEvent: @escaping @Sendable (WorkerEvent) -> Void = { _ in }
    ) throws {
        guard configuration.slots.values.contains(where: { $0 > 0 }) else {
            throw JobQueueError(.invalid, "a worker needs at least one slot in one queue")
        }
        guard configuration.fenceMargin + configuration.heartbeat < configuration.deadAfter else {
            throw JobQueueError(
                .invalid, "a worker's beat and fence margin must together be shorter than its dead-after time")
        }
        var byKind: [JobKind: any JobHandler] = [:]
        for handler in handlers where byKind.updateValue(handler, forKey: handler.kind) != nil {
            throw JobQueueError(.invalid, "two handlers run jobs of kind \(handler.kind)")
        }
        self.configuration = configuration
        self.store = JobStore(pool: pool)
        self.handlers = byKind
        self.abilities = handlers.flatMap { handler in
            guard let providers = handler.providers else { return [JobAbility(kind: handler.kind)] }
            return providers.map { JobAbility(kind: handler.kind, provider: $0) }
        }
        self.logger = logger
        self.onEvent = onEvent
        let sharing = configuration.slots.filter { slots in handlers.contains { !$0.holdsSlot(in: slots.key) } }
        self.table = Mutex(RunTable(slots: configuration.slots, sharing: Set(sharing.keys)))
        self.slots = sharing.mapValues(WorkSlots.init)
        let scout = LaneScout(interval: configuration.poll, isTold: configuration.listens)
        self.turns = Mutex(configuration.slots.mapValues { _ in QueueTurns(scout: scout) })
    }

    /// The identity of this start; a worker that was taken for dead goes on under a new one.
    package var id: WorkerID { self.control.withLock { $0.id } }

    /// Whether it takes no more work.
    package var isDraining: Bool { self.control.withLock { $0.isDraining } }

    /// Stops taking work; ``run()`` returns when what runs has ended or the grace is over.
    ///
    /// Calling again with a shorter grace hurries it.
    ///
    /// - Parameter grace: How long running jobs may go on; nil is the configured time.
    package func drain(within grace: Duration? = nil) {
        self.control.withLock { control in
            control.isDraining = true
            if let grace { control.grace = min(control.grace ?? grace, grace) }
        }
        self.wake.signal()
        self.idle.signal()
    }

    /// Works until drained.
    ///
    /// Cancelling the task drains too; nothing is failed by it.
    ///
    /// - Throws: When the worker cannot be registered: the database is unreachable, has no world or is not migrated.
    ///   Later it never gives up, but for a ``JobQueueError`` with code `outdated`, after it has drained: the database was
    ///   changed for newer programs.
    package func run() async throws {
        _ = try await WorldStore(pool: self.store.pool).load()
        if let lack = try await self.configuration.known.lack(in: self.store.pool) { throw self.outdated(lack) }
        try await self.register()
        self.onEvent(.started(self.id))
        // Awaited right here. It is no child task, so that cancelling the caller drains instead of cutting off what is
        // being written.
        let work = Task { await self.work() }
        await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            self.drain()
        }
        if let lack = self.control.withLock({ $0.lack }) { throw self.outdated(lack) }
    }

    private func outdated(_ lack: String) -> JobQueueError {
        JobQueueError(
            .outdated,
            "the database needs a program that knows migration \(lack); this one, \(self.configuration.version), does not"
        )
    }

    /// The loops.
    ///
    /// Those that keep the worker alive outlast the jobs.
    private func work() async {
        let beats = self.makeBeatPool()
        await withTaskGroup { services in
            services.addTask { await self.beatLoop(JobStore(pool: beats)) }
            services.addTask { await self.gateLoop() }
            services.addTask { await self.deadlineLoop() }
            services.addTask { await self.promoteLoop() }
            services.addTask { await self.scheduleLoop() }
            services.addTask { await self.maintainLoop() }
            services.addTask { await self.retainLoop() }
            services.addTask { await self.housekeepingLoop() }
            services.addTask { await self.errandLoop() }
            services.addTask { await self.watchLoop() }
            services.addTask { await self.listenLoop() }
            await withTaskGroup { writer in
                writer.addTask { await self.completeLoop() }
                await self.claimLoop()
                self.onEvent(.draining)
                await self.drainJobs()
                self.completions.close()
            }
            services.cancelAll()
        }
        await self.deregister(beats)
        await beats.close()
        self.onEvent(.stopped(self.id))
    }

    /// Says goodbye; where that fails, the rescue of another worker ends the record.
    ///
    /// A slow server may need longer than a beat has.
    private func deregister(_ beats: ConnectionPool) async {
        for pool in [beats, self.store.pool] {
            do {
                return try await JobStore(pool: pool).deregister(self.id)
            } catch {
                self.setback("deregister", error)
                guard (error as? PQError)?.code != .connectFailed else { return }
            }
        }
    }

    /// Beats have a connection of their own with short limits: they must not wait behind anything.
    private func makeBeatPool() -> ConnectionPool {
        var configuration = self.store.pool.configuration
        configuration.maximumConnections = 1
        configuration.acquireTimeout = self.configuration.heartbeat
        configuration.connectTimeout = min(configuration.connectTimeout, max(.seconds(2), self.configuration.heartbeat))
        configuration.statementTimeout = self.configuration.heartbeat
        configuration.answerGrace = .seconds(1)
        return ConnectionPool(configuration: configuration, logger: self.logger)
    }

    func register() async throws {
        try await self.store.register(
            WorkerRecord(
                id: self.id, host: self.configuration.host, processID: getpid(), version: self.configuration.version,
                slots: self.configuration.slots, abilities: self.abilities, deadAfter: self.configuration.deadAfter,
                runLimits: self.handlers.mapValues(self.configuration.runLimit(of:))))
        self.gate.open(until: self.gateTime(from: .now))
    }

    func gateTime(from beat: ContinuousClock.Instant) -> ContinuousClock.Instant {
        beat + self.configuration.deadAfter - self.configuration.fenceMargin
    }

    func setback(_ step: String, _ error: any Error) {
        // A loop that is ended in the middle of a call has not failed.
        if Task.isCancelled, error is CancellationError || (error as? PQError)?.code == .cancelled { return }
        self.logger.debug("A call to the database failed", metadata: ["step": "\(step)", "error": "\(error)"])
        self.onEvent(.setback(step: step, error))
    }
}
