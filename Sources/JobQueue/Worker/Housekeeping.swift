// SPDX-License-Identifier: MIT

package import PQClient

/// What a module above the queue needs done again and again for the whole fleet.
///
/// It is no job, so nothing that becomes of a job ends it: not a cancel, not a failure, not a crash.
package protocol Housekeeping: Sendable {
    /// Its name, for locks and logs.
    var name: String { get }

    /// Does a round in a transaction of its own; never two at once in the fleet.
    ///
    /// - Throws: What the database throws; another round comes.
    func round(on db: inout Transaction) async throws -> HousekeepingReport
}

/// What a round of housekeeping did.
package struct HousekeepingReport: Sendable, Hashable {
    /// How many things it had to do.
    package private(set) var count = 0
    /// Whether there may be more to do now.
    package private(set) var isMore = false

    /// Makes an empty report.
    package init() {}

    /// Counts what was done.
    package mutating func add(_ count: Int, isMore: Bool = false) {
        self.count += count
        self.isMore = self.isMore || isMore
    }
}

extension Worker {
    /// Keeps house for the modules above, until cancelled; every worker tries, one at a time does it.
    func housekeepingLoop() async {
        while !Task.isCancelled {
            var isMore = false
            for work in self.configuration.housekeeping where !self.isDraining {
                do {
                    guard let report = try await Self.round(of: work, self.store.pool) else { continue }
                    if report.count > 0 { self.onEvent(.kept(work.name, report)) }
                    isMore = isMore || report.isMore
                } catch {
                    self.setback(work.name, error)
                }
            }
            // Small steps with a breath between them: nothing waits for this.
            await self.pause(isMore ? .milliseconds(200) : self.configuration.retain)
        }
    }

    /// One round, unless another worker is at it.
    private static func round(of work: any Housekeeping, _ pool: ConnectionPool) async throws -> HousekeepingReport? {
        try await pool.withTransaction { db in
            let key = "posthorn.\(work.name)."
            let isAlone: Bool = try await db.query(
                "SELECT pg_try_advisory_xact_lock(hashtextextended(\(key) || current_schema(), 0))"
            ).single()
            return isAlone ? try await work.round(on: &db) : nil
        }
    }
}
