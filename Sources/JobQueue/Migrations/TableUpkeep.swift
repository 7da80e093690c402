// SPDX-License-Identifier: MIT

/// When PostgreSQL cleans a table up and looks at its statistics, by how the table is written: storage parameters for its `WITH`.
///
/// The server's own settings wait for a fifth of a table: of ten million rows that is two million dead ones, and as many new ones whose pages
/// are not known to be visible to all. Every table that is written for a job or a post has one of these, or settings of its own.
package enum TableUpkeep {
    /// History, whose rows come and stay.
    ///
    /// Vacuumed for what is new, so that the last look at a month is a short one.
    package static let appended = """
        autovacuum_vacuum_insert_scale_factor = 0.1, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000,
        autovacuum_analyze_scale_factor = 0.05
        """

    /// Grows, while each row is changed several times when it is new, or removed when it is old.
    package static let changed = """
        autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_insert_scale_factor = 0.1,
        autovacuum_analyze_scale_factor = 0.02
        """

    /// Few rows, which stay and are changed all the time.
    package static let revised = "autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 200"
}
