// SPDX-License-Identifier: MIT

import Foundation
import PQClient
import TestSupport
import Testing

@testable import App

/// The built program connects accounts that have posted before, and its worker takes that in.
@Suite("what accounts posted before", .postgresSchema, .timeLimit(.minutes(10)))
struct BackfillSystemTests {
    /// Makes an account with a past exist, and connects it.
    private static func connect(
        _ agency: SimulatedAgency, _ platform: String, history: Int, days: Double, backfill: String = "200"
    ) async throws {
        try await agency.admin.add(accounts: [
            SimulatorAdmin.Account(
                platform: platform, externalID: "7", handle: "acme", name: "Acme", accessToken: "\(platform)-1",
                refreshToken: "\(platform)-r1", followers: 40_000, timeZone: "Europe/Berlin", history: history,
                historyDays: days)
        ])
        let answer = try await agency.answer(agency.connection(platform, backfill: backfill))
        try #require(answer.code == 0, "\(answer.messages)")
    }

    /// Works until nothing of the past is left to read now.
    private static func work(_ agency: SimulatedAgency) async throws {
        try await agency.until {
            try await agency.work()
            return try await agency.count(
                """
                SELECT (SELECT count(*) FROM job_ready WHERE queue = 'metrics')
                     + (SELECT count(*) FROM job_scheduled WHERE queue = 'metrics' AND due_at < world_now() + interval '60 s')
                """) == 0
        }
    }

    @Test(
        "the posts of an account become publications with readings of their age; what the platform never gives is not there",
        arguments: ["x", "facebook", "instagram", "tiktok", "mock"])
    func takenIn(platform: String) async throws {
        try await SimulatedAgency.with { agency in
            // More than a page, and more than are wanted.
            try await Self.connect(agency, platform, history: 130, days: 200, backfill: "120")
            try await Self.work(agency)
            #expect(try await agency.count("SELECT count(*) FROM publication WHERE origin = 'external'") == 120)
            #expect(try await agency.count("SELECT count(DISTINCT publication_id) FROM sample") == 120)
            // The newest are the ones that were wanted.
            #expect(
                try await agency.count(
                    "SELECT count(*) FROM publication WHERE published_at < world_now() - interval '186 days'") == 0)
            // A reading is as old as the moment at which it was made, not as the post.
            #expect(
                try await agency.count("SELECT count(*) FROM sample WHERE read_at < world_now() - interval '1 hour'")
                    == 0)
            #expect(
                try await agency.count(
                    """
                    SELECT count(*) FROM publication
                    WHERE content_type IS NULL OR url IS NULL OR text NOT LIKE 'Earlier post % of acme%'
                    """) == 0)
            let absent = [
                "x": "reach", "facebook": "saves", "instagram": "clicks + NULL", "tiktok": "reach", "mock": "followers",
            ]
            let never = try #require(absent[platform])
            #expect(
                try await agency.count(
                    Statement(
                        sql: "SELECT count(*) FROM sample WHERE (\(never)) IS NOT NULL AND publication_id IS NOT NULL"))
                    == 0)
            #expect(
                try await agency.count("SELECT count(*) FROM sample WHERE coalesce(views, likes) IS NULL") == 0)
            // Kinds of reactions are Facebook's alone.
            #expect(
                try await agency.count(
                    "SELECT count(*) FROM sample WHERE reactions IS NOT NULL AND publication_id IS NOT NULL")
                    == (platform == "facebook" ? 120 : 0))
            #expect(
                try await agency.count(
                    "SELECT count(*) FROM sample WHERE coalesce((reactions ->> 'like')::bigint, 0) <> likes AND reactions IS NOT NULL"
                ) == 0)
            let shown = try #require(try await agency.json("account", "show", "acme/\(platform)") as? [String: Any])
            #expect(shown["found_posts"] as? Int == 120 && shown["measured_posts"] as? Int == 120)
            #expect(shown["backfilled_at"] is String)
            let listed = try #require(
                try await agency.json("post", "list", "--account", "acme/\(platform)", "--found", "--limit", "3")
                    as? [[String: Any]])
            #expect(listed.count == 3 && listed.allSatisfy { $0["url"] is String && $0["format"] is String })
            // None of it took a slot of publishing, and no job failed.
            #expect(try await agency.count("SELECT count(*) FROM attempt WHERE queue = 'publish'") == 0)
            #expect(try await agency.count("SELECT count(*) FROM attempt WHERE outcome = 'failed'") == 0)
        }
    }

    @Test(
        "connected again, nothing is taken twice, and what Posthorn published is recognised",
        arguments: ["x", "facebook", "mock"])
    func again(platform: String) async throws {
        try await SimulatedAgency.with { agency in
            try await Self.connect(agency, platform, history: 12, days: 30)
            try await Self.work(agency)
            _ = try await agency.publishNow("Words of our own", on: platform)
            try await agency.work()
            #expect(try await agency.count("SELECT count(*) FROM target WHERE state = 'published'") == 1)
            let answer = try await agency.answer(agency.connection(platform, backfill: "200"))
            try #require(answer.code == 0, "\(answer.messages)")
            try await Self.work(agency)
            #expect(try await agency.count("SELECT count(*) FROM publication WHERE origin = 'external'") == 12)
            #expect(try await agency.count("SELECT count(*) FROM publication") == 13)
            #expect(try await agency.count("SELECT count(*) FROM attempt WHERE kind = 'backfill'") == 2)
            #expect(try await agency.count("SELECT count(*) FROM sample WHERE publication_id IS NOT NULL") == 12)
        }
    }

    @Test("best times know what to say on the first day; young numbers are read again before they count")
    func bestTimes() async throws {
        try await SimulatedAgency.with { agency in
            try await Self.connect(agency, "mock", history: 150, days: 150)
            try await Self.work(agency)
            let hours = try #require(
                try await agency.json("best-times", "explain", "--account", "acme/mock") as? [[String: Any]])
            let posts = hours.reduce(0) { $0 + ($1["posts"] as? Int ?? 0) }
            // Those younger than a day have a reading that is no final number.
            let young = try await agency.count(
                "SELECT count(*) FROM publication WHERE published_at > world_now() - interval '24 hours'")
            #expect(posts == 150 - young)
            let planned = try await agency.count(
                """
                SELECT count(DISTINCT subject_id) FROM job_scheduled
                WHERE kind = 'fetch-metrics' AND subject_id IN (
                    SELECT publication_id FROM publication WHERE published_at > world_now() - interval '24 hours')
                """)
            #expect(planned == young)
        }
    }

    @Test("a platform that says 429 in the middle delays the rest; then it is complete, page by page")
    func limited() async throws {
        try await SimulatedAgency.with { agency in
            try await agency.admin.add(
                faults: """
                    [{"match":{"platform":"mock","method":"GET","endpoint":"/v1/posts","after":1,"times":1},
                      "action":{"status":{"code":429,"retry_after_seconds":2}}}]
                    """)
            try await Self.connect(agency, "mock", history: 180, days: 180)
            try await agency.until {
                try await Self.work(agency)
                return try await agency.count("SELECT count(*) FROM account WHERE backfilled_at IS NOT NULL") == 1
            }
            try await Self.work(agency)
            #expect(try await agency.count("SELECT count(*) FROM publication") == 180)
            #expect(try await agency.count("SELECT count(*) FROM sample WHERE publication_id IS NOT NULL") == 180)
        }
    }

    @Test("who wants none gets none, and may ask for it later")
    func none() async throws {
        try await SimulatedAgency.with { agency in
            try await Self.connect(agency, "mock", history: 5, days: 5, backfill: "none")
            try await agency.work()
            #expect(try await agency.count("SELECT count(*) FROM publication") == 0)
            try await agency.run("metrics", "backfill", "--account", "acme/mock", "--posts", "3")
            try await Self.work(agency)
            #expect(try await agency.count("SELECT count(*) FROM publication") == 3)
            let wrong = try await agency.answer(agency.connection("mock", backfill: "many"))
            #expect(wrong.code == 64, "\(wrong.messages)")
        }
    }
}
