// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient

/// The history of a run, checked: the queue's own tables, and beside them what the pretend platforms saw.
struct ChaosHistory: Sendable {
    /// What breaks the queue's own rules.
    var queue: [String] = []
    /// What the queue believes of the outside and is not so.
    var effects: [HistoryFinding] = []
    /// Windows with more calls, and moments with more jobs at once, than a limit allows.
    var limits: [HistoryFinding] = []
    /// How many limits were in force, from the first call or run to the last, and met.
    var limitsChecked = 0
    /// How many of them were reached: some window was as full, or as many jobs ran at once, as they allow.
    var limitsReached = 0
    /// How many calls the platforms counted.
    var calls = 0

    /// Everything that is not as promised.
    var violations: [String] { self.queue + (self.effects + self.limits).map(\.description) }

    /// Reads both sides; nothing may be at work any more.
    ///
    /// What was sent is compared for posts whose text has a marker, `[ph:…]`.
    static func read(_ pool: ConnectionPool, admin: SimulatorAdmin) async throws -> ChaosHistory {
        var history = ChaosHistory()
        let audit = try await JobStore(pool: pool).audit()
        history.queue = audit.violations.filter { $0.rule != RunningCheck.rule }.map(\.description)
        history.limits = audit.running.compactMap(\.finding)
        let running = audit.running.filter { $0.isSet && !$0.isPartial && $0.runs > 0 }
        history.limitsChecked = running.count
        history.limitsReached = running.count { $0.most >= $0.allowed }
        let visible = try await Self.visible(admin)
        history.effects = EffectHistory.findings(
            effects: try await Self.effects(pool),
            arrivals: visible.map(\.arrival).filter { $0.key.hasPrefix(Self.marker) })
        let calls = try await Self.calls(admin)
        history.calls = calls.count
        let owners = try await Self.owners(pool)
        let all = Self.times(of: calls, owners)
        let effective = Self.times(of: visible.filter(\.arrival.tookEffect).map(\.call), owners)
        for limit in try await LimitStore(pool: pool).limits() {
            let place = Place(scope: limit.key.scope, endpoint: limit.key.endpoint)
            // What was called before somebody set the limit is not what it is about.
            let since = limit.setAt?.timeIntervalSince1970 ?? 0
            let times = (limit.key.counts == .calls ? all : effective)[place, default: []].filter { $0 >= since }
            guard !times.isEmpty else { continue }
            let shown = LimitHistory(
                "\(limit.key.scope) \(limit.key.endpoint)", calls: limit.calls, window: limit.key.window.inSeconds,
                arrivals: times)
            history.limitsChecked += 1
            if shown.most >= limit.calls { history.limitsReached += 1 }
            if let finding = shown.finding { history.limits.append(finding) }
        }
        return history
    }

    /// Where a limit counts.
    private struct Place: Hashable {
        var scope: LimitScope
        var endpoint: String
    }

    /// When calls arrived, in every place that a limit could count them in.
    private static func times(of calls: [PlatformCall], _ owners: [String: Owner]) -> [Place: [Double]] {
        var times: [Place: [Double]] = [:]
        for call in calls {
            var scopes = [LimitScope.provider(call.platform)]
            if let owner = owners["\(call.platform)/\(call.account)"] {
                scopes += [.account(owner.account), .client(owner.client)]
                if let app = owner.app { scopes.append(.app(app)) }
            }
            for scope in scopes {
                for endpoint in [call.endpoint, LimitKey.everyEndpoint] {
                    times[Place(scope: scope, endpoint: endpoint), default: []].append(call.time)
                }
            }
        }
        return times
    }

    private struct Owner {
        var client: ClientID
        var account: AccountID
        var app: AppID?
    }

    private static let marker = "ph:"

    /// Whose calls those of an account on a platform are.
    private static func owners(_ pool: ConnectionPool) async throws -> [String: Owner] {
        let rows = try await pool.query(
            """
            SELECT a.client_id, a.account_id, a.platform, a.external_id, p.app_id
            FROM account a
            LEFT JOIN lane_policy p ON p.client_id = a.client_id AND p.account_id = a.account_id
            """)
        return try Dictionary(
            rows.map { row throws in
                (
                    "\(try row.get("platform", as: String.self))/\(try row.get("external_id", as: String.self))",
                    Owner(
                        client: try row.get("client_id"), account: try row.get("account_id"),
                        app: try row.get("app_id"))
                )
            }, uniquingKeysWith: { first, _ in first })
    }

    /// What the queue knows of every post, by the marker in its text.
    private static func effects(_ pool: ConnectionPool) async throws -> [EffectRecord] {
        let rows = try await pool.query(
            """
            SELECT m.marker[1] AS marker, e.state, -- Without an address a post still stands under the identity of its upload.
                   CASE WHEN e.part = 0 AND p.url IS NOT NULL THEN p.remote_id END AS remote_id,
                   ARRAY(SELECT coalesce(s.outcome, '')
                         FROM effect_send s
                         WHERE s.client_id = e.client_id AND s.op_key = e.op_key AND s.part = e.part
                         ORDER BY s.send_no) AS sends
            FROM effect e
            JOIN target t ON t.client_id = e.client_id AND e.op_key = 'publish:' || t.target_id
            LEFT JOIN publication p ON p.client_id = t.client_id AND p.target_id = t.target_id
            -- The parts' markers stand in their order, the first comment's behind them.
            JOIN LATERAL regexp_matches(t.content::text, '\\[(ph:[A-Za-z0-9._-]+)\\]', 'g')
                WITH ORDINALITY AS m(marker, place) ON m.place = e.part + 1
            """)
        return try rows.map { row throws in
            EffectRecord(
                key: try row.get("marker"), state: try row.get("state"), remoteID: try row.get("remote_id"),
                sends: try row.get("sends", as: [String].self).map { $0.isEmpty ? nil : $0 })
        }
    }

    /// The visible calls of the ledger.
    private static func visible(_ admin: SimulatorAdmin) async throws -> [VisibleCall] {
        try await LedgerPages.read { after in try await admin.ledger(query: "after=\(after)&limit=20000") }
    }

    /// Every call.
    private static func calls(_ admin: SimulatorAdmin) async throws -> [PlatformCall] {
        try await PlatformCall.all(admin)
    }
}
