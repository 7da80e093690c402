// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
import PQClient

/// What a worker tells about itself when it starts.
package struct WorkerRecord: Sendable {
    /// The identity of this start.
    package var id: WorkerID
    /// The machine, a label for people.
    package var host: String
    /// The process.
    package var processID: Int32
    /// The program's version.
    package var version: String
    /// How many jobs it runs at once, by queue; it serves no others.
    package var slots: [QueueName: Int]
    /// What it can run.
    package var abilities: [JobAbility]
    /// Without a beat for this long it is dead.
    package var deadAfter: Duration
    /// By kind, the longest a run lasts on it, its own grace included: after that the fleet takes the job.
    package var runLimits: [JobKind: Duration]

    /// Makes a record.
    package init(
        id: WorkerID = WorkerID(), host: String, processID: Int32, version: String, slots: [QueueName: Int],
        abilities: [JobAbility], deadAfter: Duration, runLimits: [JobKind: Duration] = [:]
    ) {
        self.id = id
        self.host = host
        self.processID = processID
        self.version = version
        self.slots = slots
        self.abilities = abilities
        self.deadAfter = deadAfter
        self.runLimits = runLimits
    }

    /// The queues it serves.
    var queues: [QueueName] { self.slots.keys.sorted() }
}

/// Whether a worker takes work.
package enum WorkerState: String, Sendable, Hashable, PQConvertible {
    /// It claims and runs.
    case active
    /// It finishes what it has.
    case draining
    /// It stopped beating; its jobs were taken back.
    case dead
    /// It ended in order.
    case stopped
}

/// The answer to a beat.
package struct BeatAnswer: Sendable {
    /// Whether the worker may go on; false when it was declared dead: its leases are lost.
    package var isAlive: Bool
    /// Whether somebody asked it to drain.
    package var isDrainRequested: Bool
    /// What the database requires and the worker's program does not know; nil when it fits.
    package var lack: String?
    /// The numbers of its leases in the database; nil when they could not be read in time: the beat counts all the same.
    package var leases: Set<Int64>?
    /// Those whose job somebody asked to cancel.
    package var cancelled: Set<Int64>
}

/// A worker as people see it.
package struct WorkerSummary: Sendable {
    /// The identity of this start.
    package var id: WorkerID
    /// The machine.
    package var host: String
    /// The process.
    package var processID: Int
    /// The program's version.
    package var version: String
    /// How many jobs it runs at once.
    package var slots: Int
    /// How many it ran at its last beat.
    package var running: Int
    /// The queues it serves.
    package var queues: [QueueName]
    /// Whether it takes work.
    package var state: WorkerState
    /// When it started, in real time.
    package var startedAt: Date
    /// When it beat last, in real time.
    package var beatAt: Date
}

extension JobStore {
    /// Registers a worker as active.
    package func register(_ worker: WorkerRecord) async throws {
        _ = try await self.pool.execute(
            """
            INSERT INTO worker (
                worker_id, host, pid, version, slots, queues, abilities, dead_after_ms, run_limits_ms, queue_slots, state)
            VALUES (\(worker.id), \(worker.host), \(worker.processID), \(worker.version),
                \(Int32(clamping: worker.slots.values.reduce(0, +))),
                    \(worker.queues), \(worker.abilities.map(\.text)),
                        \(Int32(clamping: worker.deadAfter.milliseconds)),
                    (SELECT coalesce(jsonb_object_agg(kind, limit_ms), '{}')
                     FROM unnest(\(worker.runLimits.map(\.key)), \(worker.runLimits.map(\.value.milliseconds)))
                          AS given (kind, limit_ms)),
                    (SELECT coalesce(jsonb_object_agg(queue, slots), '{}')
                     FROM unnest(\(worker.queues), \(worker.queues.map { Int32(clamping: worker.slots[$0] ?? 0) }))
                          AS given (queue, slots)),
                    'active')
            ON CONFLICT DO NOTHING
            """)
    }

    /// Says that a worker lives, and hears what it must know.
    ///
    /// - Parameters:
    ///   - worker: Who beats.
    ///   - state: `active` or `draining`.
    ///   - running: How many jobs it runs.
    ///   - known: What its program knows of the schema.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    /// - Returns: What the worker must know.
    package func beat(
        _ worker: WorkerID, state: WorkerState, running: Int, known: KnownSchema = .queue
    ) async throws -> BeatAnswer {
        let rows = try await self.pool.query(
            """
            WITH beat AS (
                UPDATE worker
                SET beat_at = clock_timestamp(), state = \(state), running = \(Int32(clamping: running))
                WHERE worker_id = \(worker) AND state IN ('active', 'draining')
                RETURNING drain_requested
            )
            SELECT EXISTS (SELECT FROM beat) AS is_alive,
                   coalesce((SELECT drain_requested FROM beat), false) AS is_drain_requested,
                   \(known.lacking) AS lack
            """)
        guard let row = rows.first else { throw JobQueueError(.notFound, "the beat had no answer") }
        let leases = try await self.ownLeases(of: worker)
        return BeatAnswer(
            isAlive: try row.get("is_alive"), isDrainRequested: try row.get("is_drain_requested"),
            lack: try row.get("lack"), leases: leases.map { Set($0.keys) },
            cancelled: Set((leases ?? [:]).filter(\.value).keys))
    }

    /// The numbers of a worker's leases, each with whether its job is to be cancelled; nil when that cannot be read in time.
    ///
    /// A statement of its own: a table full of dead rows, which somebody's old snapshot keeps, must not undo the beat.
    private func ownLeases(of worker: WorkerID) async throws -> [Int64: Bool]? {
        let rows: Rows
        do {
            rows = try await self.pool.query(
                """
                SELECT lease_no, cancel_reason IS NOT NULL AS is_cancelled
                FROM job_lease
                WHERE era = \(LeaseEra.current) AND worker_id = \(worker)
                """)
        } catch {
            if error.sqlState == .queryCanceled { return nil }
            throw error
        }
        var leases: [Int64: Bool] = [:]
        for row in rows { leases[try row.get("lease_no")] = try row.get("is_cancelled", as: Bool.self) }
        return leases
    }

    /// Ends a worker's record in order; leases it still has are given back by the next rescue, without counting as
    /// crashes.
    package func deregister(_ worker: WorkerID) async throws {
        _ = try await self.pool.execute(
            """
            UPDATE worker
            SET state = 'stopped', ended_at = clock_timestamp(), running = 0
            WHERE worker_id = \(worker) AND state IN ('active', 'draining')
            """)
    }

    /// Asks a worker to finish what it has and exit; it hears of it with its next beat.
    ///
    /// - Returns: Whether it lives.
    @discardableResult
    package func requestDrain(of worker: WorkerID) async throws -> Bool {
        try await self.pool.execute(
            """
            UPDATE worker
            SET drain_requested = true
            WHERE worker_id = \(worker) AND state IN ('active', 'draining')
            """) == 1
    }

    /// The workers, the latest start first.
    ///
    /// - Parameter includingEnded: Whether dead and stopped ones are listed too.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    /// - Returns: The workers.
    package func workers(includingEnded: Bool = false) async throws -> [WorkerSummary] {
        let rows = try await self.pool.query(
            """
            SELECT worker_id, host, pid, version, slots, running, queues, state, started_at, beat_at
            FROM worker
            WHERE \(includingEnded) OR state IN ('active', 'draining')
            ORDER BY started_at DESC
            LIMIT 1000
            """)
        return try rows.map { row throws in
            WorkerSummary(
                id: try row.get("worker_id"), host: try row.get("host"),
                processID: Int(try row.get("pid", as: Int32.self)),
                version: try row.get("version"), slots: Int(try row.get("slots", as: Int32.self)),
                running: Int(try row.get("running", as: Int32.self)), queues: try row.get("queues"),
                state: try row.get("state"),
                startedAt: try row.get("started_at"), beatAt: try row.get("beat_at"))
        }
    }

    /// Makes the history's partitions for this month and the coming ones, in world time.
    ///
    /// - Returns: How many were made.
    @discardableResult
    package func makePartitions(monthsAhead: Int = 3) async throws -> Int {
        try await self.pool.withTransaction(retrying: 3) { db in
            try await db.execute("SELECT set_config('lock_timeout', '2s', true)")
            let made: Int32 = try await db.query("SELECT attempt_make_partitions(\(Int32(clamping: monthsAhead)))")
                .single()
            return Int(made)
        }
    }
}
