// SPDX-License-Identifier: MIT

import Domain
import JobQueue
import PQClient

/// Limits of a run that are reached: some for an account's calls, some for an account's posts, one for a client.
///
/// Each is so small that its backlog needs several windows, so that a window with one call too many would be seen.
struct ChaosLimits: Sendable {
    let options: ChaosOptions

    /// The windows' length in real time; in the world's it is longer by the world's rate.
    private static let window = Duration.seconds(3)
    private static let actor = "chaos"
    private static let reason = "so that there is something to keep"

    /// Sets them for accounts that are connected.
    func set(in pool: ConnectionPool) async throws {
        let store = LimitStore(pool: pool)
        let window = Self.window * self.options.rate
        let rows = try await pool.query(
            "SELECT client_id, account_id, platform FROM account ORDER BY client_id, account_id")
        let perAccount = max(1, self.options.posts / self.options.accounts)
        for (number, row) in rows.enumerated() {
            let account = LimitScope.account(try row.get("account_id", as: AccountID.self))
            let platform: String = try row.get("platform")
            switch number % 5 {
            case 1:
                let endpoint = platform == "x" ? "POST /2/tweets" : "publish"
                try await store.set(
                    LimitKey(scope: account, endpoint: endpoint, window: window), calls: max(2, perAccount / 5),
                    reason: Self.reason, by: Self.actor)
            case 3:
                try await store.set(
                    LimitKey(scope: account, endpoint: LimitKey.everyEndpoint, window: window, counts: .sends),
                    calls: max(2, perAccount / 4), reason: Self.reason, by: Self.actor)
            default: break
            }
        }
        if let client = try rows.first?.get("client_id", as: ClientID.self) {
            let perClient = perAccount * self.options.accountsPerClient
            try await store.set(
                LimitKey(scope: .client(client), endpoint: LimitKey.everyEndpoint, window: window),
                calls: max(4, perClient / 5), reason: Self.reason, by: Self.actor)
        }
    }
}
