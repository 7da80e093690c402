// SPDX-License-Identifier: MIT

import Domain
import JobQueue
import PQClient
import Publishing

/// Limits of a run that are reached: for the calls and posts of some accounts, for the posts of one client, for the calls of one platform's app
/// that publish, and for the jobs that run at once for some accounts, some clients and one app.
///
/// What has a rate is done with its backlog after several windows and not before most of the others, so that a window with one call too
/// many would be seen, whatever breaks meanwhile. The numbers of jobs at once are about what would run anyway, so that there is often one
/// more that has to wait.
struct ChaosLimits: Sendable {
    let options: ChaosOptions

    private static let actor = "chaos"
    private static let reason = "so that there is something to keep"
    /// How many jobs a worker that has enough to do runs or holds ahead.
    private static let inHand = 64

    /// An account and where it is.
    private struct Place {
        var client: ClientID
        var account: AccountID
        var platform: String
    }

    /// Sets them for accounts that are connected, before anything of theirs is published.
    func set(in pool: ConnectionPool) async throws {
        let rows = try await pool.query(
            "SELECT client_id, account_id, platform FROM account ORDER BY client_id, account_id")
        let places = try rows.map { row throws in
            Place(
                client: try row.get("client_id"), account: try row.get("account_id"),
                platform: try row.get("platform"))
        }
        try await self.setRates(places, LimitStore(pool: pool))
        try await self.setRunning(places, JobStore(pool: pool))
    }

    /// The posts of one account.
    private var perAccount: Int { max(1, self.options.posts / self.options.accounts) }
    /// In how many windows a backlog fits: two posts in each, or more where there are many.
    private var windows: Int { min(50, max(1, self.perAccount / 2)) }
    /// A window's length in real time: all of them take as long as a fleet of two busy workers has to do.
    private var window: Duration {
        max(.seconds(3), max(.seconds(15), .milliseconds(self.options.posts * 10)) / self.windows)
    }

    private func setRates(_ places: [Place], _ store: LimitStore) async throws {
        // In the world's time it is longer by the world's rate.
        let window = self.window * self.options.rate
        let posts = max(2, self.perAccount / self.windows)
        for (number, place) in places.enumerated() {
            let account = LimitScope.account(place.account)
            switch number % 5 {
            case 1: try await self.set(posts, calling: Self.endpoint(of: place.platform), account, window, store)
            case 3: try await self.set(posts, sending: account, window, store)
            default: break
            }
        }
        guard let first = places.first else { return }
        try await self.set(posts * self.options.accountsPerClient, sending: .client(first.client), window, store)
        // Of all calls, readings would take the greater part, and looks for lost answers would wait for them.
        try await self.set(
            posts * places.count { $0.platform == first.platform }, calling: Self.endpoint(of: first.platform),
            .provider(first.platform), window, store)
    }

    private static func endpoint(of platform: String) -> String { platform == "x" ? "POST /2/tweets" : "publish" }

    private func set(
        _ calls: Int, calling endpoint: String, _ scope: LimitScope, _ window: Duration, _ store: LimitStore
    ) async throws {
        try await store.set(
            LimitKey(scope: scope, endpoint: endpoint, window: window), calls: calls, reason: Self.reason,
            by: Self.actor)
    }

    private func set(
        _ posts: Int, sending scope: LimitScope, _ window: Duration, _ store: LimitStore
    ) async throws {
        try await store.set(
            LimitKey(scope: scope, endpoint: LimitKey.everyEndpoint, window: window, counts: .sends), calls: posts,
            reason: Self.reason, by: Self.actor)
    }

    /// One account of five runs one job at a time, one client of ten, and an app that one account of 25 works through, as many as its
    /// share of the fleet would.
    private func setRunning(_ places: [Place], _ store: JobStore) async throws {
        for number in stride(from: 0, to: places.count, by: 5) {
            let place = places[number]
            try await self.set(.account(place.client, place.account), 1, .account(place.account), store)
        }
        var clients: [ClientID] = []
        for place in places where clients.last != place.client { clients.append(place.client) }
        for (index, number) in stride(from: 1, to: clients.count, by: 10).enumerated() {
            // In all queues together, or in the one.
            try await self.set(
                .client(clients[number], index.isMultiple(of: 2) ? .publish : nil),
                self.share(of: self.options.accountsPerClient), .client(clients[number]), store)
        }
        let theirs = stride(from: 2, to: places.count, by: 25).map { places[$0] }
        let app = AppID()
        for place in theirs {
            try await store.pool.withTransaction { db in
                try await store.setApp(app, of: place.client, place.account, on: &db)
            }
        }
        if !theirs.isEmpty { try await self.set(.app(app, .publish), self.share(of: theirs.count), .app(app), store) }
    }

    private func set(
        _ scope: ConcurrencyScope, _ count: Int, _ name: LimitScope, _ store: JobStore
    ) async throws {
        try await store.setConcurrency(scope, count, named: name, by: Self.actor, reason: Self.reason)
    }

    /// About how many jobs of so many accounts are in hand at once, and half as many again: a killed worker keeps its leases until it
    /// is missed.
    private func share(of accounts: Int) -> Int {
        let inHand = Double(self.options.workers * Self.inHand)
        return max(2, Int(inHand * 1.5 * Double(accounts) / Double(self.options.accounts)))
    }
}
