// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit
import Publishing

/// What is made to happen in the month: boosts, and troubles at fixed dates.
struct DemoStage: Sendable {
    /// Something that happens.
    enum Act: String, Sendable, CaseIterable {
        case orderBoost, makeRule, tokenDies, reconnect, refusal, boostBest, overBudget, workerDies
    }

    /// When it happens.
    struct Cue: Sendable, Hashable {
        var at: Date
        var act: Act
    }

    /// What is remembered for the report; everything else is read from the database.
    struct Memory: Sendable {
        var tokenDiedAt: Date?
        var reconnectedAt: Date?
        var waited: [String] = []
        var boosts: [String] = []
        var overBudget: (at: Date, message: String, amount: Money)?
        var killed: (at: Date, process: Int32, target: String, job: JobID, realSeconds: Double)?
        var refusedAt: Date?
    }

    let office: DemoOffice
    let running: RunningInstallation
    let world: DemoWorld

    private var services: ServiceContext { self.office.services }
    private var admin: SimulatorAdmin { self.office.admin }

    /// The acts in order of time.
    static let cues: [Cue] = [
        Cue(at: moment(10, 9, 0, "Asia/Tokyo"), act: .orderBoost),
        Cue(at: moment(9, 21, 0, "Europe/Berlin"), act: .tokenDies),
        Cue(at: moment(10, 15, 0, "Europe/Berlin"), act: .reconnect),
        Cue(at: moment(14, 9, 0, "America/New_York"), act: .makeRule),
        Cue(at: moment(16, 14, 59, "America/New_York"), act: .refusal),
        Cue(at: moment(18, 10, 0, "Europe/Berlin"), act: .boostBest),
        Cue(at: moment(20, 11, 0, "Europe/Berlin"), act: .overBudget),
        Cue(at: moment(24, 17, 0, "Asia/Tokyo"), act: .workerDies),
    ].sorted { $0.at < $1.at }

    private static func moment(_ day: Int, _ hour: Int, _ minute: Int, _ zone: String) -> Date {
        guard let wall = WallTime(year: 2026, month: 3, day: day, hour: hour, minute: minute),
            let zone = ZoneID(rawValue: zone), let instant = LocalPlan(wall: wall, zone: zone).resolve().instant
        else { preconditionFailure("no such moment in March 2026") }
        return instant
    }

    /// What goes wrong now and then all month: visible calls that take effect and are never answered.
    func loseAnswersNowAndThen() async throws {
        let rules = [("mock", "/v1/posts"), ("x", "/2/tweets")].map { platform, endpoint in
            """
            {"id": "lost answers on \(platform)", "match": {"platform": "\(platform)", "method": "POST", "endpoint": "\(endpoint)",
             "probability": 0.015}, "action": {"reset": {"when": "after"}}}
            """
        }
        try await self.admin.add(faults: "[\(rules.joined(separator: ","))]")
    }

    /// Lets one act happen; nothing else is being worked on.
    func perform(_ cue: Cue, _ memory: inout Memory) async throws {
        switch cue.act {
        case .orderBoost: try await self.orderBoost(&memory)
        case .makeRule: try await self.makeRule()
        case .tokenDies:
            try await self.replaceTokens()
            memory.tokenDiedAt = cue.at
        case .reconnect: try await self.reconnect(cue.at, &memory)
        case .refusal:
            try await self.refuse()
            memory.refusedAt = cue.at
        case .boostBest: try await self.boostBest(&memory)
        case .overBudget: try await self.goOverBudget(cue.at, &memory)
        case .workerDies: try await self.killWorker(&memory)
        }
    }

    // MARK: Boosts

    private var boosts: BoostService {
        BoostService(pool: self.services.pool, jobs: self.services.jobs, registry: self.services.registry)
    }

    /// A boost of a post that does not exist yet: it waits until it is published.
    private func orderBoost(_ memory: inout Memory) async throws {
        let target = try await self.target(
            "JOIN post ON post.client_id = target.client_id AND post.post_id = target.post_id WHERE post.campaign = 'white-day'"
        )
        let plan = BoostPlan(
            .target(target), objective: "reach", budget: "3000JPY", kind: .daily, days: 4,
            audience: Audience(minimumAge: 20, countries: ["JP"]))
        memory.boosts.append("\(try await self.boosts.create(plan, actor: DemoOffice.actor).id)")
    }

    /// From now on the museum's posts are boosted without a person asking, when they earn it.
    private func makeRule() async throws {
        let rules = BoostRuleService(
            pool: self.services.pool, jobs: self.services.jobs, registry: self.services.registry)
        let rule = BoostRule(
            threshold: 1.3, minimumPosts: 8, perDay: 1, coolDownHours: 8 * 24, quietFrom: 22 * 60, quietUntil: 7 * 60,
            objective: "reach", budget: "25.00USD", days: 3, audience: Audience(countries: ["US"]))
        _ = try await rules.add(rule, slug: "winners", client: "pier17", account: "mock", actor: DemoOffice.actor)
    }

    /// A boost of what did best in the last week.
    private func boostBest(_ memory: inout Memory) async throws {
        let plan = BoostPlan(
            .publication(try await self.bestPublication(after: 0)), objective: "engagement", budget: "40.00EUR",
            kind: .daily,
            days: 6, audience: Audience(minimumAge: 18, maximumAge: 55, countries: ["DE"]))
        memory.boosts.append("\(try await self.boosts.create(plan, actor: DemoOffice.actor).id)")
    }

    /// One more boost than the month's budget holds.
    private func goOverBudget(_ at: Date, _ memory: inout Memory) async throws {
        let plan = BoostPlan(
            .publication(try await self.bestPublication(after: 1)), objective: "engagement", budget: "60.00EUR", days: 3
        )
        do {
            memory.boosts.append("\(try await self.boosts.create(plan, actor: DemoOffice.actor).id)")
        } catch let error as ServiceError where error.code == .conflict {
            memory.overBudget = (at, error.message, Money(minorUnits: 6_000, currency: .eur))
        }
    }

    private func bestPublication(after skipped: Int) async throws -> String {
        let rows = try await self.services.pool.query(
            """
            SELECT publication.publication_id::text AS id
            FROM publication
            JOIN client ON client.client_id = publication.client_id AND client.slug = \(DemoOffice.studied.client)
            JOIN account ON account.client_id = publication.client_id AND account.account_id = publication.account_id
                        AND account.slug = \(DemoOffice.studied.account)
            JOIN sample ON sample.client_id = publication.client_id AND sample.publication_id = publication.publication_id
            WHERE publication.origin = 'posthorn' AND publication.published_at > world_now() - make_interval(days => 7)
            GROUP BY publication.publication_id
            ORDER BY max(sample.engagements) DESC NULLS LAST, publication.publication_id
            OFFSET \(Int32(skipped)) LIMIT 1
            """)
        guard let id: String = try rows.first?.get("id") else {
            throw CommandError(.failed, "there is nothing to boost: no publication has been read")
        }
        return id
    }

    // MARK: Troubles

    private static let dying = (client: DemoAgency.bakery, account: DemoAgency.bakery.accounts[1])

    /// The pretend platform gives the account other tokens: those that we hold are dead, the one that renews them too.
    private func replaceTokens() async throws {
        try await self.admin.add(
            accounts: [DemoOffice.pretend(Self.dying.account, zone: Self.dying.client.zone, generation: 2)])
    }

    /// A person connects the account again, and what waited goes on.
    private func reconnect(_ at: Date, _ memory: inout Memory) async throws {
        memory.waited = try await self.services.pool.query(
            """
            SELECT target.target_id::text
            FROM target
            JOIN client ON client.client_id = target.client_id AND client.slug = \(Self.dying.client.slug)
            JOIN account ON account.client_id = target.client_id AND account.account_id = target.account_id
                        AND account.slug = \(Self.dying.account.slug)
            WHERE target.state = 'waiting'
            ORDER BY target.due_at
            """
        ).column()
        try await self.office.connect(Self.dying.account, of: Self.dying.client, generation: 2)
        memory.reconnectedAt = at
    }

    /// The next post of the museum on X is refused for good.
    private func refuse() async throws {
        let account = DemoAgency.museum.accounts[1]
        try await self.admin.add(
            faults: """
                {"id": "refused", "match": {"platform": "x", "method": "POST", "endpoint": "/2/tweets", "account": "\(account.externalID)",
                 "times": 1}, "action": {"status": {"code": 403, "body": {"title": "Forbidden", "type": "about:blank", "status": 403,
                 "detail": "Posts that ask for reposts or follows to enter a draw are not allowed."}}}}
                """)
    }

    /// Kills the worker that is in the middle of sending, after the platform has taken the post and before it has answered.
    private func killWorker(_ memory: inout Memory) async throws {
        let account = DemoAgency.ramen.accounts[2]
        let rows = try await self.services.pool.query(
            """
            SELECT target.target_id::text AS id, target.job_id, target.due_at
            FROM target
            JOIN account ON account.client_id = target.client_id AND account.account_id = target.account_id
                        AND account.external_id = \(account.externalID)
            WHERE target.state = 'planned' AND target.due_at > world_now()
            ORDER BY target.due_at
            LIMIT 1
            """)
        guard let row = rows.first else { throw CommandError(.failed, "there is no post to kill a worker with") }
        let (target, due): (String, Date) = (try row.get("id"), try row.get("due_at"))
        let job: JobID = try row.get("job_id")
        let before = try await self.posts(of: account)
        try await self.admin.add(
            faults: """
                {"id": "slow answer", "match": {"platform": "mock", "method": "POST", "endpoint": "/v1/posts",
                 "account": "\(account.externalID)", "times": 1}, "action": {"latency": {"ms": 5000, "when": "after"}}}
                """)
        let start = ContinuousClock.now
        try await self.world.jump(to: due)
        while try await self.posts(of: account) == before {
            guard ContinuousClock.now - start < .seconds(20) else {
                throw CommandError(.tryAgain, "no worker published within 20 seconds")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        let owner = try await self.services.jobs.job(job)?.lease?.worker
        let holder = try await self.services.jobs.workers().first { $0.id == owner }
        let alive = self.running.workers.processIDs
        guard let process = holder.map({ Int32($0.processID) }), alive.count == self.running.workers.count,
            let index = alive.firstIndex(of: process)
        else { throw CommandError(.failed, "no worker of this installation holds the post that is being sent") }
        self.running.workers.kill(index)
        let killed = ContinuousClock.now
        while try await self.isOpen(job) {
            guard ContinuousClock.now - killed < .seconds(30) else {
                throw CommandError(.tryAgain, "the killed worker's post was not taken back within 30 seconds")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        let seconds = Double((ContinuousClock.now - killed) / .milliseconds(1)) / 1_000
        memory.killed = (due, process, target, job, seconds)
    }

    /// Whether the queue still believes in the worker that had the post.
    private func isOpen(_ job: JobID) async throws -> Bool {
        guard let client = try await self.services.jobs.owner(of: job) else { return false }
        let effects = try await EffectLedger(pool: self.services.pool).effects(of: job, client: client)
        return effects.contains { $0.state == .sending }
    }

    private func posts(of account: DemoAgency.Account) async throws -> Int {
        struct Page: Decodable {
            struct Entry: Decodable {}
            var entries: [Entry]
        }
        let data = try await self.admin.ledger(
            query: "kind=post&platform=\(account.platform)&account=\(account.externalID)")
        return try JSONDecoder().decode(Page.self, from: data).entries.count
    }

    private func target(_ condition: Statement) async throws -> String {
        let found: [String] = try await self.services.pool.query(
            "SELECT target.target_id::text FROM target \(condition) ORDER BY target.due_at LIMIT 1"
        ).column()
        guard let id = found.first else { throw CommandError(.failed, "the demo's plan lacks a post that it needs") }
        return id
    }
}
