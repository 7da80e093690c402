// SPDX-License-Identifier: MIT

import Foundation
import JobQueue
import PQClient

/// What a benchmark cost the database: counters before and after.
struct DatabaseCost: Sendable {
    var walBytes: Int64
    var commits: Int64
    var deadRows: Int64

    static func read(_ pool: ConnectionPool) async throws -> DatabaseCost {
        // Statistics of other sessions arrive when they are idle; a moment of ours shows the last of them.
        let rows = try await pool.query(
            """
            SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint AS wal,
                   (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()) AS commits,
                   (SELECT coalesce(sum(n_tup_del + n_tup_upd), 0)::bigint FROM pg_stat_user_tables
                    WHERE schemaname = current_schema()) AS dead
            """)
        guard let row = rows.first else { throw CommandError(.failed, "the database gave no statistics") }
        return DatabaseCost(
            walBytes: try row.get("wal"), commits: try row.get("commits"), deadRows: try row.get("dead"))
    }

    /// Waits until worker processes, which tell of their work up to a second later, have told of the last of it, and reads.
    static func readLater(_ pool: ConnectionPool) async throws -> DatabaseCost {
        try await Task.sleep(for: .milliseconds(1_500))
        return try await self.read(pool)
    }

    static let none = DatabaseCost(walBytes: 0, commits: 0, deadRows: 0)

    static func - (end: DatabaseCost, start: DatabaseCost) -> DatabaseCost {
        DatabaseCost(
            walBytes: end.walBytes - start.walBytes, commits: end.commits - start.commits,
            deadRows: end.deadRows - start.deadRows)
    }

    static func += (sum: inout DatabaseCost, more: DatabaseCost) {
        sum.walBytes += more.walBytes
        sum.commits += more.commits
        sum.deadRows += more.deadRows
    }

    func since(_ start: DatabaseCost, jobs: Int) -> Record { (self - start).record(jobs: jobs) }

    /// What one of so many jobs cost.
    func record(jobs: Int) -> Record {
        let jobs = Double(max(1, jobs))
        return Record([
            "wal_bytes": .number(Double(self.walBytes) / jobs, places: 0),
            "commits": .number(Double(self.commits) / jobs, places: 3),
            "dead_rows": .number(Double(self.deadRows) / jobs, places: 2),
        ])
    }
}

/// Resident memory of processes, in bytes (proc(5)).
enum ResidentMemory {
    /// The most of this process so far.
    static func peak() -> Int64? { Self.read("VmHWM:", of: "self") }
    /// The most of a process so far.
    static func peak(of process: Int32) -> Int64? { Self.read("VmHWM:", of: "\(process)") }
    /// What a process has now.
    static func current(of process: Int32) -> Int64? { Self.read("VmRSS:", of: "\(process)") }

    private static func read(_ name: String, of process: String) -> Int64? {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int64($0) }.map { $0 * 1024 }
    }
}

/// Percentiles by the nearest rank.
struct Percentiles: Sendable {
    private let sorted: [Double]

    init(_ values: [Double]) { self.sorted = values.sorted() }

    func at(_ share: Double) -> Double {
        guard !self.sorted.isEmpty else { return 0 }
        let rank = Int((share * Double(self.sorted.count)).rounded(.up)) - 1
        return self.sorted[min(max(rank, 0), self.sorted.count - 1)]
    }
}

extension Duration {
    /// Seconds with a fraction.
    var inSeconds: Double { Double(self.components.seconds) + Double(self.components.attoseconds) / 1e18 }
}
