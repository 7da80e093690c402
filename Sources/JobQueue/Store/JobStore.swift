// SPDX-License-Identifier: MIT

package import PQClient

/// The queue's tables: everything that happens to a job happens through it.
///
/// The methods that take a session join the caller's transaction; the others use the pool. It is a value without state
/// of its own besides the throttle of its notifications and the callers that enqueue together: make one per process and
/// pass it on.
package struct JobStore: Sendable {
    /// Where the queue's tables are.
    package let pool: ConnectionPool
    let throttle: NotifyThrottle
    /// Whether other workers claim in the same lanes.
    let rivals = ClaimRivals()
    /// Calls that enqueue at the same moment.
    let enqueuing = CallGroup<[NewJob], [Enqueued]>(largest: 1_000) { $0.count }
    /// Runs that end at the same moment, each with a record of its own.
    let ending = CallGroup<RecordedEnd, FinishResult>(largest: 32, transactions: 1, isAtomic: true)

    /// Makes a store; it starts nothing.
    package init(pool: ConnectionPool) {
        self.pool = pool
        self.throttle = NotifyThrottle()
    }

    /// Settings of one transaction that keep plans on the indexes and in their order: the hot tables are empty now and full
    /// in a minute, and a plan made for an empty table would stay in the session (10 s a walk were seen behind a flood).
    ///
    /// A plan is made once a session: for statements of this size, planning costs as much as running them for a few
    /// dozen jobs. Goes first into a pipeline.
    package static let planOnIndexes: Statement = """
        SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
               set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
               set_config('enable_sort', 'off', true), set_config('enable_incremental_sort', 'off', true),
               set_config('jit', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true)
        """

    /// As ``planOnIndexes``, for statements that find every row by its key and read nothing in order.
    ///
    /// A bitmap scan needs a condition. With plain index scans a table that was empty when it was last analyzed is read
    /// from end to end for each batch: its dead rows too, which are many after a flood (2 s a batch were seen).
    static let planOnProbes: Statement = """
        SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'on', true),
               set_config('enable_indexscan', 'off', true),
               set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
               set_config('jit', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true)
        """
}

extension Duration {
    /// Seconds, for `make_interval(secs => …)`.
    var seconds: Double {
        Double(self.components.seconds) + Double(self.components.attoseconds) / 1e18
    }

    /// Seconds of a pause that is added to the world's time: a century at most.
    ///
    /// What a platform said may be beyond the database's calendar, and then every run that ends in the same statement would be refused.
    var pauseSeconds: Double { min(self.seconds, 100 * 365.25 * 86_400) }

    /// Whole milliseconds.
    var milliseconds: Int64 {
        self.components.seconds * 1_000 + self.components.attoseconds / 1_000_000_000_000_000
    }
}
