// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import PluginKit
import TestSupport
import Testing

@testable import Publishing

@Suite("Posts that end at the same moment", .postgresSchema)
struct TogetherEndTests {
    /// How it stands with a target when its publication is to be recorded.
    enum Situation: String, CaseIterable {
        /// Nothing is known of it.
        case new
        /// It is a thread.
        case thread
        /// A look at the account's past has found the post first.
        case found
        /// The platform's post is another target's.
        case taken
        /// A boost waits for it.
        case boosted
        /// It was recorded already.
        case again
    }

    @Test("each is recorded as it would be alone: publication, history, readings, costs and boosts")
    func sameOutcome() async throws {
        let agency = try await AgencyFixture()
        var kept: [Bool: (facts: [[String]], costs: [String])] = [:]
        for isTogether in [false, true] {
            var completions: [PublishCompletion] = []
            for situation in Situation.allCases {
                completions.append(try await Self.completion(situation, isTogether ? "t" : "a", agency))
            }
            let costs = try await agency.count("SELECT coalesce(max(cost_no), 0) FROM api_cost")
            if isTogether {
                try await Self.write(completions, agency.pool)
            } else {
                for completion in completions {
                    try await agency.pool.withTransaction { db in try await completion.write(on: &db) }
                }
            }
            var facts: [[String]] = []
            for completion in completions { facts.append(try await Self.facts(completion, agency)) }
            let charged: [String] = try await agency.pool.query(
                """
                SELECT concat_ws(' ', platform, what, calls, amount_micros, currency) FROM api_cost
                WHERE cost_no > \(Int64(costs)) AND account_id = \(agency.account) ORDER BY 1
                """
            ).column()
            kept[isTogether] = (facts, charged)
        }
        let (alone, together) = (try #require(kept[false]), try #require(kept[true]))
        for (situation, facts) in zip(Situation.allCases, zip(alone.facts, together.facts)) {
            #expect(facts.0 == facts.1, "\(situation)")
        }
        #expect(alone.costs == together.costs && together.costs.count == 4)
        #expect(
            together.facts.map { $0.first?.prefix { $0 != " " } } == [
                "published", "published", "published", "unknown", "published", "published",
            ])
        // Seven ages each, of the found one with keys; none twice.
        #expect(together.facts.map { $0.contains("fetch-metrics 7 0") } == [true, true, false, false, true, true])
        #expect(together.facts[2].contains("fetch-metrics 7 7"))
        #expect(together.facts[4].contains("boost planned true"))
        #expect(try await agency.services.jobs.audit().violations.isEmpty)
    }

    @Test(
        "of two records of one target, and of two targets with one post, one is written and the other told what it is")
    func twins() async throws {
        let agency = try await AgencyFixture()
        let first = try await Self.completion(.new, "1", agency)
        let same = try await Self.completion(.new, "2", agency)
        var twin = try await Self.completion(.new, "3", agency)
        twin.remote = same.remote
        try await Self.write([first, first, same, twin], agency.pool)
        #expect(try await agency.count("SELECT count(*) FROM publication") == 2)
        #expect(try await agency.count("SELECT count(*) FROM api_cost") == 2)
        #expect(try await agency.count("SELECT count(*) FROM job_scheduled WHERE kind = 'fetch-metrics'") == 14)
        #expect(try await agency.state(of: first.work.target) == "published")
        let states = [try await agency.state(of: same.work.target), try await agency.state(of: twin.work.target)]
        #expect(Set(states) == ["published", "unknown"])
    }

    @Test("they take four statements, however many they are", arguments: [1, 2, 10])
    func statements(count: Int) async throws {
        let agency = try await AgencyFixture()
        let probe = try PlanProbe()
        var completions: [PublishCompletion] = []
        for number in 0..<count { completions.append(try await Self.completion(.new, "\(number)", agency)) }
        let written = completions
        // Publications, costs, readings, and the word to whoever waits for work.
        #expect(try await probe.statements { try await Self.write(written, probe.pool) } == 4)
        #expect(try await agency.count("SELECT count(*) FROM publication") == count)
    }

    @Test("one that cannot be recorded, and one whose lease is lost, leave the others as they are")
    func oneBad() async throws {
        let agency = try await AgencyFixture()
        let handler = PublishHandler(services: agency.services)
        for number in 0..<10 {
            let account = try await agency.addAccount("a\(number)")
            _ = try await agency.plan(
                PostContent(format: .text, parts: [PostPart(text: "post \(number)")]), for: account)
        }
        let jobs = try await agency.claim(.publish)
        try #require(jobs.count == 10)
        var results: [JobResult] = []
        for job in jobs { results.append(try await agency.run(handler, job)) }
        var broken = try await Self.completion(.new, "broken", agency)
        broken.work.account = AccountID()
        results[4] = JobResult(.succeeded, record: JobResult.Record(broken))
        try await agency.pool.execute("DELETE FROM job_lease WHERE lease_no = \(jobs[7].lease.number)")
        let ended = await withTaskGroup(of: (Int, Bool).self) { group in
            for (number, (job, result)) in zip(jobs, results).enumerated() {
                group.addTask { (number, (try? await agency.finish(job, result)) != nil) }
            }
            return await group.reduce(into: [Bool](repeating: false, count: jobs.count)) { $0[$1.0] = $1.1 }
        }
        #expect(ended == (0..<10).map { $0 != 4 })
        // What is visible is recorded whoever holds the lease.
        #expect(try await agency.count("SELECT count(*) FROM publication") == 9)
        #expect(try await agency.count("SELECT count(*) FROM job_scheduled WHERE kind = 'fetch-metrics'") == 63)
        #expect(try await agency.count("SELECT count(*) FROM target WHERE state = 'published'") == 9)
        #expect(try await agency.count("SELECT count(*) FROM state_change WHERE to_state = 'published'") == 9)
        #expect(try await agency.pool.query("SELECT lease_no FROM job_lease").column() == [jobs[4].lease.number])
    }

    private static func write(_ completions: [PublishCompletion], _ pool: ConnectionPool) async throws {
        try await pool.withTransaction { db in
            let rest = try await PublishCompletion.write(completions, on: &db)
            _ = try await db.pipeline(rest)
        }
    }

    /// A target in a situation, with what is to be recorded of it under a name.
    private static func completion(
        _ situation: Situation, _ name: String, _ agency: AgencyFixture
    ) async throws -> PublishCompletion {
        let target = try await agency.plan(situation == .thread ? ["one", "two"] : ["words"])
        let remote = RemotePost(
            id: "\(situation)-\(name)", url: "https://fake/\(situation)",
            publishedAt: AgencyFixture.start.addingTimeInterval(-60))
        let work = try #require(
            try await agency.pool.withConnection { db in
                try await TargetWork.load(target, client: agency.client, on: &db)
            })
        let completion = PublishCompletion(
            work: work, remote: remote, parts: situation == .thread ? [remote, RemotePost(id: "second")] : [remote],
            plugin: try #require(agency.services.registry["fake"]), jobs: JobStore(pool: agency.pool))
        switch situation {
        case .new, .thread: break
        case .found, .taken:
            let (owner, origin) = situation == .found ? (nil, "external") : (TargetID(), "posthorn")
            try await agency.pool.execute(
                """
                INSERT INTO publication (client_id, publication_id, account_id, platform, target_id, remote_id,
                                         published_at, text, origin)
                VALUES (\(agency.client), \(PublicationID()), \(agency.account), 'fake', \(owner), \(remote.id),
                        \(AgencyFixture.start), 'words of theirs', \(origin))
                """)
        case .boosted:
            try await agency.pool.execute(
                """
                INSERT INTO boost (client_id, boost_id, account_id, target_id, objective, budget_minor, currency,
                                   budget_kind, starts_at, ends_at, state, created_by, most_minor)
                VALUES (\(agency.client), \(BoostID()), \(agency.account), \(target), 'reach', 1000, 'EUR', 'lifetime',
                        world_now() + interval '1 hour', world_now() + interval '72 hours', 'waiting', 'test', 1000)
                """)
        case .again: try await agency.pool.withTransaction { db in try await completion.write(on: &db) }
        }
        return completion
    }

    /// What stands in the database of a target, without identities.
    private static func facts(_ completion: PublishCompletion, _ agency: AgencyFixture) async throws -> [String] {
        let target = completion.work.target
        let lines: [String] = try await agency.pool.query(
            """
            SELECT concat_ws(' ', state, published_at, failure_code, failure_message)
            FROM target WHERE target_id = \(target)
            UNION ALL
            SELECT concat_ws(' ', origin, remote_id, url, parts, published_at, content_hash, content_type, text)
            FROM publication WHERE target_id = \(target)
            UNION ALL
            SELECT concat_ws(' ', subject_kind, actor, from_state, to_state, reason)
            FROM (SELECT * FROM state_change
                  WHERE subject_id = \(target) OR subject_id IN (SELECT boost_id FROM boost WHERE target_id = \(target))
                  ORDER BY change_id) AS changes
            UNION ALL
            SELECT concat_ws(' ', kind, count(*), count(key))
            FROM job_scheduled
            WHERE subject_id IN (SELECT publication_id FROM publication WHERE target_id = \(target)
                                 UNION ALL SELECT boost_id FROM boost WHERE target_id = \(target))
            GROUP BY kind
            UNION ALL
            SELECT concat_ws(' ', 'due', kind, due_at, provider, account_id, payload)
            FROM (SELECT * FROM job_scheduled
                  WHERE subject_id IN (SELECT publication_id FROM publication WHERE target_id = \(target))
                  ORDER BY due_at) AS due
            UNION ALL
            SELECT concat_ws(' ', 'boost', state, (publication_id IS NOT NULL)::text) FROM boost WHERE target_id = \(target)
            """
        ).column()
        return lines.map { $0.replacing(completion.remote.id, with: "REMOTE") }
    }
}
