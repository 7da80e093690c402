// SPDX-License-Identifier: MIT

import Foundation
import JobQueue
import PQClient

/// What a chaos run came to: the database's account of it beside the simulator's.
struct ChaosVerdict: Sendable {
    /// Targets by state.
    var targets: [String: Int] = [:]
    /// Effects by state.
    var effects: [String: Int] = [:]
    /// Held jobs by reason.
    var held: [String: Int] = [:]
    /// What the simulator's ledger says.
    var ledger = SimulatorAdmin.LedgerSummary()
    /// Sends that nobody knows the outcome of, and for which no person is asked.
    var unknown = 0
    /// Sends of unknown outcome that wait for a person, as where a platform's list proves nothing (photos on TikTok); their posts are
    /// not published.
    var asked = 0
    /// Markers that took effect.
    var published = Set<String>()
    /// Markers of posts that took no effect though their target says published, or that nobody knows of.
    var lost: [String] = []
    /// Targets that are called published though something of them is on no platform.
    var wrong = 0
    /// How many sends were settled by looking at the platform.
    var reconciled = 0
    /// Runs by outcome.
    var runs: [String: Int] = [:]
    /// How often workers were started.
    var workerStarts = 0
    /// What the history shows.
    var history = ChaosHistory()

    /// Whether every promise was kept: each post is published, or a person is asked about it.
    func isKept(posts: Int) -> Bool {
        self.ledger.duplicates == 0 && self.lost.isEmpty && self.wrong == 0 && self.history.violations.isEmpty
            && self.unknown == 0 && (self.targets["published"] ?? 0) + self.asked == posts
    }

    /// Whether an effect `e` is unknown and a person is asked, since looking proved nothing.
    static let waitsForPerson: Statement = """
        (e.state = 'unknown' AND EXISTS (
            SELECT FROM job_hold h WHERE h.client_id = e.client_id AND h.job_id = e.reconcile_job))
        """

    /// Reads both sides.
    static func read(
        _ options: ChaosOptions, services: ServiceContext, admin: SimulatorAdmin
    ) async throws -> ChaosVerdict {
        var verdict = ChaosVerdict()
        verdict.targets = try await Self.counts(
            "SELECT state, count(*) AS count FROM target GROUP BY state", services.pool)
        verdict.effects = Dictionary(
            uniqueKeysWithValues: try await EffectLedger(pool: services.pool).counts().map { ($0.rawValue, $1) })
        verdict.held = try await Self.counts(
            "SELECT reason AS state, count(*) AS count FROM job_hold GROUP BY reason", services.pool)
        verdict.runs = try await Self.counts(
            "SELECT outcome AS state, count(*) AS count FROM attempt WHERE queue = 'publish' GROUP BY outcome",
            services.pool)
        verdict.reconciled = Int(
            try await services.pool.query(
                "SELECT count(*) AS count FROM attempt WHERE kind = 'reconcile' AND outcome = 'succeeded'"
            ).first?.get("count") as Int64? ?? 0)
        verdict.ledger = try await admin.ledgerSummary()
        verdict.published = try await Self.effective(admin)
        let asked: [String] = try await services.pool.query(
            """
            SELECT (regexp_matches(t.content::text, '\\[ph:([A-Za-z0-9._-]+)\\]', 'g'))[1]
            FROM effect e
            JOIN target t ON t.client_id = e.client_id AND e.op_key = 'publish:' || t.target_id
            WHERE \(Self.waitsForPerson)
            """
        ).column()
        let successes: [String] = try await services.pool.query(
            """
            SELECT (regexp_matches(t.content::text, '\\[ph:([A-Za-z0-9._-]+)\\]', 'g'))[1]
            FROM target t
            WHERE t.state = 'published'
            """
        ).column()
        verdict.wrong = Set(successes).subtracting(verdict.published).count
        verdict.asked = Int(
            try await services.pool.query("SELECT count(*) FROM effect e WHERE \(Self.waitsForPerson)")
                .single(Int64.self))
        verdict.unknown = (verdict.effects["unknown"] ?? 0) + (verdict.effects["sending"] ?? 0) - verdict.asked
        let known = verdict.published.union(asked)
        verdict.lost = options.markers.filter { !known.contains($0) }
        verdict.history = try await ChaosHistory.read(services.pool, admin: admin)
        return verdict
    }

    private static func counts(_ statement: Statement, _ pool: ConnectionPool) async throws -> [String: Int] {
        var counts: [String: Int] = [:]
        for row in try await pool.query(statement) { counts[try row.get("state")] = Int(try row.get("count") as Int64) }
        return counts
    }

    /// The markers of the ledger that took effect.
    private static func effective(_ admin: SimulatorAdmin) async throws -> Set<String> {
        struct Page: Decodable {
            struct Entry: Decodable {
                var marker: String
                var took_effect: Bool
            }
            var entries: [Entry]
            var next_after: Int?
        }
        var markers = Set<String>()
        var after: Int? = 0
        while let start = after {
            let page = try JSONDecoder().decode(
                Page.self, from: await admin.ledger(query: "after=\(start)&limit=20000"))
            for entry in page.entries where entry.took_effect {
                markers.insert(
                    entry.marker.trimmingCharacters(in: CharacterSet(charactersIn: "[]")).replacing("ph:", with: ""))
            }
            after = page.next_after
        }
        return markers
    }
}
