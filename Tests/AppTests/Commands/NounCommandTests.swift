// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import Publishing
import TestSupport
import Testing

@testable import App

@Suite("commands about clients and posts", .postgresSchema)
struct NounCommandTests {
    @Test("adding a client again is a conflict, a wrong zone bad data, an unknown client not found")
    func clients() async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        #expect(try await world.posthorn("client", "add", "globex", "--tz", "America/New_York") == 0)
        #expect(try await world.posthorn("client", "add", "globex", "--tz", "America/New_York") == 73)
        #expect(try await world.posthorn("client", "add", "initech", "--tz", "Europe/Berln") == 65)
        #expect(try await world.posthorn("client", "show", "glbex") == 66)
        #expect(try await world.posthorn("client", "pause", "globex", "--dry-run") == 0)
        #expect(try await world.count("client WHERE state = 'active'") == 2)
        #expect(try await world.posthorn("client", "pause", "globex", "--reason", "late payment") == 0)
        #expect(try await world.count("queue_control WHERE reason = 'late payment'") == 3)
    }

    @Test("a text too long for X and an unknown account are refused, and nothing is written")
    func posts() async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        let at = ["--at", "2099-01-01T09:00"]
        let long = String(repeating: "long ", count: 80)
        #expect(
            try await world.posthorn(
                "post", "create", "--client", "acme", "--account", "x", "--text", long, at[0], at[1])
                == 65)
        #expect(
            try await world.posthorn(
                "post", "create", "--client", "acme", "--account", "y", "--text", "hi", at[0], at[1])
                == 66)
        #expect(try await world.count("post") == 0)
        #expect(
            try await world.posthorn(
                "post", "create", "--client", "acme", "--account", "x", "--text", "hi", at[0], at[1])
                == 0)
        #expect(try await world.count("job_scheduled") == 1)
    }

    @Test(
        "a post comes from a YAML file too; what is wrong with the file is said with line and column, and nothing is written"
    )
    func postFile() async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        let wrong = try world.file("wrong.yaml", "account: x\ntxt: hi\nat: 2099-01-01T09:00\n")
        let refused = try await world.answer(["post", "create", "--client", "acme", "--file", wrong])
        #expect(refused.code == 65)
        #expect(refused.messages.contains("line 2, column 1: 'txt' is no key of a post. Did you mean 'text'?"))
        #expect(try await world.count("post") == 0)
        let right = try world.file("right.yaml", "account: x\ntext: hi\nat: 2099-01-01T09:00\nlabels: [a, b]\n")
        #expect(try await world.posthorn("post", "create", "--client", "acme", "--file", right) == 0)
        #expect(try await world.count("job_scheduled") == 1)
        #expect(try await world.count("post WHERE labels = ARRAY['a', 'b']") == 1)
    }

    @Test("an import with a wrong row writes nothing, or the good rows when asked to")
    func imports() async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        let file = try world.file(
            "posts.csv", "account,at,text\nx,2099-01-01T09:00,fine\ny,2099-01-01T09:00,nobody\n")
        #expect(try await world.posthorn("post", "import", file, "--client", "acme") == 65)
        #expect(try await world.count("post") == 0)
        #expect(try await world.posthorn("post", "import", file, "--client", "acme", "--partial") == 2)
        #expect(try await world.count("post") == 1)
        #expect(try await world.posthorn("post", "import", "missing.csv", "--client", "acme") == 65)
        let wrong = try world.file("wrong.csv", "name\nx\n")
        #expect(try await world.posthorn("post", "import", wrong, "--client", "acme") == 65)
    }

    @Test("imported history is counted by hour, and wrong rows make it a partial success")
    func history() async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        let file = try world.file(
            "past.csv",
            """
            account,platform,posted_at,paid,engagement
            page,facebook,2020-01-01T10:00:00Z,0,10
            page,facebook,2020-01-02T10:00:00Z,maybe,10

            """)
        #expect(try await world.posthorn("history", "import", file, "--client", "acme") == 2)
        #expect(try await world.count("publication WHERE origin = 'import'") == 1)
        #expect(try await world.posthorn("best-times", "show", "--account", "acme/facebook-page") == 0)
        #expect(try await world.posthorn("best-times", "show", "--account", "acme/facebok-page") == 66)
        let said = try await world.answer(["best-times", "explain", "--account", "acme/facebook-page"])
        #expect(
            said.code == 0 && said.data.contains("1 post used") && said.data.contains("no data"))
        let all = try await world.answer(["best-times", "explain", "--account", "acme/facebook-page", "-o", "csv"])
        #expect(all.data.split(whereSeparator: \.isNewline).count == 1 + 168)
        let untouched = try await world.answer(["best-times", "explain", "--account", "acme/x"])
        #expect(untouched.code == 0 && untouched.data.contains("no data"))
        #expect(try await world.posthorn("best-times", "explain", "--account", "acme/y") == 66)
        #expect(try await world.posthorn("best-times", "backtest", "--platform", "facebook") == 73)
        let few = try await world.answer(["best-times", "backtest", "--account", "acme/facebook-page"])
        #expect(few.code == 73 && few.messages.contains("not enough data: acme/facebook-page has 1 usable post,"))
        #expect(try await world.posthorn("best-times", "backtest", "--account", "acme/x", "--platform", "x") == 64)
        #expect(try await world.posthorn("best-times", "backtest", "--account", "acme/nobody") == 66)
    }

    @Test("best times are fitted, shown, drawn, planned and used, and what cannot be done is said")
    func bestTimes() async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        let rows = (0..<150).map { index in
            let at = Date(timeIntervalSince1970: 1_577_836_800 + Double(index) * 7 * 3_600).iso8601()
            return "x,mock,\(at),0,\(100 + index * 7 % 23 + (index % 24 == 5 ? 300 : 0))"
        }
        let file = try world.file(
            "past.csv", (["account,platform,posted_at,paid,engagement"] + rows).joined(separator: "\n") + "\n")
        #expect(try await world.posthorn("history", "import", file, "--client", "acme") == 0)
        let account = "acme/mock-x"
        let fitted = try await world.answer(["best-times", "fit", "-o", "csv"])
        #expect(fitted.code == 0 && fitted.data.contains("mock,1,"), "\(fitted.data)")
        #expect(try await world.posthorn("best-times", "fit", "--platform", "myspace") == 66)
        let said = try await world.answer(["best-times", "explain", "--account", account])
        #expect(said.data.contains("last fit"))
        let shown = try await world.answer(["best-times", "show", "--account", account, "-o", "csv"])
        #expect(shown.data.split(whereSeparator: \.isNewline).count == 1 + 168)
        let tested = try await world.answer(["best-times", "backtest", "--account", account, "-o", "csv"])
        #expect(tested.code == 0 && tested.data.contains("2020-01-31"), "\(tested.data)")
        try await Self.explain(world, account)
        let picture = try world.file("week.svg", "")
        #expect(try await world.posthorn("best-times", "show", "--account", account, "--svg", picture) == 0)
        #expect(try String(contentsOfFile: picture, encoding: .utf8).hasPrefix("<svg"))
        #expect(try await world.posthorn("best-times", "show", "--account", account, "--svg", "/nowhere/x.svg") == 65)
        #expect(try await world.posthorn("best-times", "show", "--account", account, "--counts") == 0)
        #expect(try await world.posthorn("best-times", "show", "--account", account, "--tz", "UTC") == 64)
        let plan = try await world.answer([
            "best-times", "plan", "--account", account, "--posts", "4", "--between", "09:00-21:00", "--not", "sun",
            "-o",
            "csv",
        ])
        #expect(
            plan.code == 0 && plan.data.split(whereSeparator: \.isNewline).count == 1 + 4 && !plan.data.contains("Sun"))
        #expect(try await world.posthorn("best-times", "plan", "--account", account, "--between", "9-21") == 64)
        #expect(try await world.posthorn("best-times", "plan", "--account", account, "--not", "someday") == 64)
        #expect(try await world.posthorn("best-times", "learn", "--account", account) == 0)
        #expect(try await world.posthorn("best-times", "learn", "--account", account, "--off") == 0)
        let none = try await world.answer([
            "post", "create", "--client", "acme", "--account", "x", "--text", "Hi", "--best",
        ])
        #expect(none.code == 65 && none.messages.contains("nothing is known yet"), "\(none.messages)")
        #expect(
            try await world.posthorn(
                "post", "create", "--client", "acme", "--account", "x", "--text", "Hi", "--best", "--now") == 64)
    }

    /// One hour, the posts behind it, and what was said when a time was chosen.
    private static func explain(_ world: CommandWorld, _ account: String) async throws {
        func lines(_ words: String...) async throws -> [Substring] {
            let answer = try await world.answer(["best-times", "explain"] + words + ["-o", "csv"])
            #expect(answer.code == 0, "\(answer.messages)")
            return answer.data.split(whereSeparator: \.isNewline)
        }
        let hour = try await lines("--account", account, "--hour", "wed-19")
        #expect(hour.count > 2 && hour[1].hasPrefix("2,19,Wed 19:00,"))
        let posts = try await lines("--account", account, "--hour", "Wed-19", "--posts")
        #expect(posts.count == 1 + 150 && posts[0].contains("against_usual,weight"))
        let said = try await world.answer([
            "best-times", "explain", "--account", account, "--hour", "wed-19", "--posts",
        ])
        #expect(said.data.contains("Wed 19:00: ") && said.messages.contains("150 used and 0 left out"))
        for wrong in ["wed", "wed-24", "someday-3", "wed-19-2"] {
            #expect(try await world.posthorn("best-times", "explain", "--account", account, "--hour", wrong) == 64)
        }
        #expect(try await world.posthorn("best-times", "explain") == 64)
        #expect(try await world.posthorn("best-times", "explain", "--fit", "\(UUID())", "--fresh") == 64)
        #expect(try await world.posthorn("best-times", "explain", "--fit", "\(UUID())") == 66)
        try await world.database.pool.execute("UPDATE account SET state = 'active' WHERE slug = 'mock-x'")
        #expect(
            try await world.posthorn(
                "post", "create", "--client", "acme", "--account", "mock-x", "--text", "Hi", "--best") == 0)
        let target: String = try await world.database.pool.query("SELECT target_id::text FROM target").single()
        let then = try await world.answer(["best-times", "explain", "--target", target])
        #expect(then.data.contains("history: mock-x: chosen: ") && then.data.contains("fit of "), "\(then)")
        let fit: String = try await world.database.pool.query("SELECT fit_id::text FROM target").single()
        #expect(try await lines("--fit", fit).count == 1 + 168)
    }

    @Test("jobs are followed by id: an unknown one is not found, one that waits runs into the time limit")
    func jobs() async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        #expect(
            try await world.posthorn("job", "enqueue", "--kind", "fetch-metrics", "--account", "acme/x", "--key", "k")
                == 0)
        #expect(
            try await world.posthorn("job", "enqueue", "--kind", "fetch-metrics", "--account", "acme/x", "--key", "k")
                == 0)
        #expect(try await world.count("job_ready") == 1)
        let id: JobID = try await world.database.pool.query("SELECT job_id FROM job_ready").single()
        #expect(try await world.posthorn("job", "show", "\(id)") == 0)
        #expect(try await world.posthorn("job", "show", "\(JobID())") == 66)
        #expect(try await world.posthorn("job", "wait", "\(id)", "--timeout", "0s") == 75)
        #expect(try await world.posthorn("job", "cancel", "\(id)") == 0)
        #expect(try await world.posthorn("job", "wait", "\(id)", "--timeout", "5s") == 1)
        #expect(try await world.posthorn("job", "enqueue", "--kind", "publsh", "--target", "x") == 64)
    }

    @Test("a post's job is enqueued for a time, with a priority, once under its key")
    func publishJob() async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        let create = ["post", "create", "--client", "acme", "--account", "x", "--text", "hi", "--draft"]
        #expect(try await world.answer(create).code == 0)
        let pool = world.database.pool
        let target: String = try await pool.query("SELECT target_id::text FROM target").single()
        // Nobody published it in time.
        try await pool.execute("UPDATE target SET state = 'missed'")
        func enqueue(_ words: String...) async throws -> [String: Any] {
            let answer = try await world.answer(
                ["job", "enqueue", "--kind", "publish", "--target", target, "-o", "json"] + words)
            #expect(answer.code == 0, "\(answer.messages)")
            let rows = try JSONSerialization.jsonObject(with: Data(answer.data.utf8)) as? [[String: Any]]
            return try #require(rows?.first)
        }
        let first = try await enqueue("--at", "2099-06-01T09:30", "--priority", "7", "--key", "k")
        #expect(first["due_at"] as? String == "2099-06-01T09:30:00+02:00")
        #expect(first["priority"] as? Int == 7 && first["key"] as? String == "k")
        #expect(first["state"] as? String == "scheduled")
        let again = try await enqueue("--key", "k")
        #expect(again["id"] as? String == first["id"] as? String)
        #expect(again["due_at"] as? String == first["due_at"] as? String)
        // A file's lines mean the same.
        let file = try world.file(
            "jobs.ndjson",
            #"{"kind": "publish", "target": "\#(target)", "at": "2099-07-01T09:30", "priority": "3", "key": "m"}"#)
        #expect(try await world.posthorn("job", "import", file) == 0)
        #expect(try await world.count("job_scheduled WHERE priority = 3 AND key = 'm'") == 1)
    }

    @Test("an unknown send is shown and settled by a person; until then its post is neither retried nor cancelled")
    func intents() async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        #expect(
            try await world.posthorn(
                "post", "create", "--client", "acme", "--account", "x", "--text", "hi", "--at", "2099-01-01T09:00") == 0
        )
        let pool = world.database.pool
        let target: TargetID = try await pool.query("SELECT target_id FROM target").single()
        let job: JobID = try await pool.query("SELECT job_id FROM target").single()
        try await pool.execute(
            """
            INSERT INTO effect (client_id, op_key, part, job_id, kind, account_id, provider, state, send_no, prepared_at, sent_at)
            SELECT client_id, 'publish:' || target_id, 0, job_id, 'publish', account_id, platform, 'unknown', 1, world_now(), world_now()
            FROM target
            """)
        try await pool.execute(
            """
            INSERT INTO effect_send (client_id, op_key, part, send_no, token, job_id, account_id, provider, lease_no, worker_id, sent_at, sent_real)
            SELECT client_id, op_key, part, send_no, gen_random_uuid(), job_id, account_id, provider, 1, gen_random_uuid(), sent_at, now()
            FROM effect
            """)
        try await pool.execute("UPDATE target SET state = 'unknown'")

        let listed = try await world.answer(["intent", "list", "-o", "json"])
        let rows = try #require(
            try JSONSerialization.jsonObject(with: Data(listed.data.utf8)) as? [[String: Any]])
        #expect(rows.map { $0["id"] as? String } == ["publish:\(target)"])
        #expect(rows.map { $0["account"] as? String } == ["x"])
        let refused = try await world.answer(["job", "cancel", "\(job)"])
        #expect(refused.code == 73 && refused.messages.contains("posthorn intent show publish:\(target)"))
        #expect(try await world.posthorn("post", "retry", "\(target)") == 73)
        #expect(try await world.posthorn("intent", "show", "publish:\(TargetID())") == 66)
        #expect(try await world.posthorn("intent", "reconcile", "\(target)") == 0)
        #expect(try await world.posthorn("intent", "resolve", "\(target)", "--confirmed", "7") == 64)
        #expect(try await world.posthorn("intent", "resolve", "\(target)", "--reason", "seen") == 64)
        let seen = ["--confirmed", "https://x.com/i/status/7", "--reason", "seen"]
        #expect(try await world.answer(["intent", "resolve", "\(target)", "--dry-run"] + seen).code == 0)
        #expect(try await world.count("publication") == 0)
        let resolved = try await world.answer(["intent", "resolve", "\(target)"] + seen)
        #expect(resolved.code == 0, "\(resolved.messages)")
        #expect(try await world.count("publication WHERE remote_id = '7'") == 1)
        #expect(try await world.answer(["intent", "resolve", "\(target)"] + seen).code == 73)
    }

    @Test("what happens to unknown sends is set per client")
    func unknownPolicy() async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        #expect(try await world.posthorn("client", "set", "acme", "--on-unknown", "resend", "--dry-run") == 0)
        #expect(try await world.count("client WHERE on_unknown = 'resend'") == 0)
        #expect(try await world.posthorn("client", "set", "acme", "--on-unknown", "resend") == 0)
        #expect(
            try await world.posthorn("client", "add", "globex", "--tz", "UTC", "--on-unknown", "resend") == 0)
        #expect(try await world.count("client WHERE on_unknown = 'resend'") == 2)
        #expect(try await world.posthorn("client", "set", "acme", "--on-unknown", "forget") == 64)
    }

    @Test("what happens to posts that miss their time is set and shown per client")
    func missedPolicy() async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        #expect(try await world.posthorn("client", "set", "acme") == 64)
        #expect(try await world.posthorn("client", "set", "acme", "--on-missed", "never") == 64)
        #expect(try await world.posthorn("client", "set", "acme", "--on-missed", "skip", "--dry-run") == 0)
        #expect(try await world.count("client WHERE on_missed = 'skip'") == 0)
        #expect(try await world.posthorn("client", "set", "acme", "--on-missed", "skip", "--late-grace", "2h") == 0)
        let shown = try await world.answer(["client", "show", "acme", "-o", "json"])
        let client = try #require(try JSONSerialization.jsonObject(with: Data(shown.data.utf8)) as? [String: Any])
        #expect(client["on_missed"] as? String == "skip")
        #expect(client["late_grace"] as? Double == 7_200)
        #expect(client["late_spacing"] as? Double == 300)
        let added = ["client", "add", "globex", "--tz", "UTC", "--on-missed", "ask", "--late-spacing", "10m"]
        #expect(try await world.answer(added).code == 0)
        #expect(try await world.count("client WHERE on_missed = 'ask' AND late_spacing = interval '10 minutes'") == 1)
    }

    @Test("a job that does not run is explained: every cause with who, until when, and the command that helps")
    func explain() async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        #expect(
            try await world.posthorn(
                "post", "create", "--client", "acme", "--account", "x", "--text", "hi", "--at", "2099-01-01T09:00") == 0
        )
        #expect(try await world.posthorn("client", "pause", "acme", "--reason", "late payment") == 0)
        let job: JobID = try await world.database.pool.query("SELECT job_id FROM target").single()
        let told = try await world.answer(["job", "explain", "\(job)", "-o", "json"])
        #expect(told.code == 0, "\(told.messages)")
        let answer = try #require(
            try JSONSerialization.jsonObject(with: Data(told.data.utf8)) as? [String: Any])
        let because = try #require(answer["because"] as? [[String: Any]])
        #expect(because.map { $0["cause"] as? String } == ["not-due", "paused", "no-worker"])
        let paused = try #require(because.first { $0["cause"] as? String == "paused" })
        #expect((paused["what"] as? String)?.contains("late payment") == true)
        #expect((paused["help"] as? String)?.contains("posthorn client resume acme") == true)
        #expect(answer["estimated_start"] is NSNull || answer["estimated_start"] == nil)
        #expect(try await world.posthorn("job", "explain", "\(JobID())") == 66)
    }

    @Test("the explanation of a job has the keys that its help says, in every reason too")
    func explanationKeys() async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        #expect(
            try await world.posthorn("job", "enqueue", "--kind", "fetch-metrics", "--account", "acme/x", "--key", "k")
                == 0)
        #expect(try await world.posthorn("queue", "pause", "--queue", "metrics") == 0)
        let id: JobID = try await world.database.pool.query("SELECT job_id FROM job_ready").single()
        let answer = try await world.answer(["job", "explain", "\(id)", "-o", "json"])
        let said = try #require(try JSONSerialization.jsonObject(with: Data(answer.data.utf8)) as? [String: Any])
        let declared = try DeclaredKeys(["job", "explain"])
        #expect(declared.keys == Set(said.keys))
        let meaning = try #require(declared.meanings["because"])
        let reasons = try #require(said["because"] as? [[String: Any]])
        #expect(!reasons.isEmpty)
        for key in Set(reasons.flatMap(\.keys)).union(["holders"]) { #expect(meaning.contains(key), "\(key)") }
    }

    @Test("what pauses and resumes a queue tells programs what it was about, changed or not")
    func pauseScopes() async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        func scope(_ words: String...) async throws -> String? {
            let answer = try await world.answer(["queue"] + words + ["-o", "json"])
            #expect(answer.code == 0, "\(answer.messages)")
            return (try JSONSerialization.jsonObject(with: Data(answer.data.utf8)) as? [String: Any])?["scope"]
                as? String
        }
        #expect(try await scope("pause", "--queue", "metrics", "--dry-run") == "queue metrics")
        #expect(try await world.count("queue_control") == 0)
        #expect(try await scope("pause", "--queue", "metrics") == "queue metrics")
        #expect(
            try await scope("pause", "--queue", "publish", "--client", "acme") == "client acme, queue publish")
        let stats = try await world.answer(["queue", "stats", "-o", "json"])
        let said = try #require(try JSONSerialization.jsonObject(with: Data(stats.data.utf8)) as? [String: Any])
        let paused = try #require(said["paused"] as? [[String: Any]])
        #expect(Set(paused.map { $0["scope"] as? String }) == ["queue metrics", "client acme, queue publish"])
        #expect(try await scope("resume", "--queue", "metrics") == "queue metrics")
        #expect(try await scope("resume", "--queue", "metrics") == "queue metrics")
    }

    @Test("lateness is told for each queue, and work that calls no platform has none")
    func lateness() async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        try await world.database.pool.execute(
            """
            INSERT INTO attempt (
                client_id, job_id, finished_at, outcome, final, started_at, queue, kind, provider, account_id, priority, due_at,
                attempt, crash_count, defer_count, max_attempts, recovery, generation, created_at
            )
            SELECT client_id, gen_random_uuid(), world_now(), 'succeeded', true, world_now(), queue, kind, provider,
                   gen_random_uuid(), 100, world_now() - make_interval(secs => late), 1, 0, 0, 8, 'requeue', 1, world_now()
            FROM client
            CROSS JOIN (VALUES ('publish', 'publish', 'x', 1), ('metrics', 'fetch-metrics', 'x', 600),
                               ('publish', 'make-post', '', 5)) AS run (queue, kind, provider, late)
            """)
        let answer = try await world.answer(["queue", "stats", "-o", "json"])
        let said = try #require(try JSONSerialization.jsonObject(with: Data(answer.data.utf8)) as? [String: Any])
        func lines(_ key: String) throws -> [String] {
            try #require(said[key] as? [[String: Any]]).filter { $0["client"] is NSNull }.map { line in
                let words = ["queue", "platform"].compactMap { line[$0] as? String ?? (line[$0] == nil ? nil : "none") }
                return (words + ["\(line["p99"] as? Double ?? -1)"]).joined(separator: " ")
            }
        }
        #expect(try lines("lateness_by_queue") == ["metrics x 600.0", "publish none 5.0", "publish x 1.0"])
        #expect(try lines("lateness").count == 2)
        #expect(try lines("lateness").first == "none 5.0")
    }

    @Test("a queue is paused and resumed by name")
    func queues() async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        #expect(try await world.posthorn("queue", "pause", "--queue", "metrics") == 0)
        #expect(try await world.count("queue_control") == 1)
        #expect(try await world.posthorn("queue", "stats") == 0)
        #expect(try await world.posthorn("queue", "resume", "--queue", "metrics") == 0)
        #expect(try await world.count("queue_control") == 0)
        #expect(try await world.posthorn("queue", "pause", "--queue", "metrix") == 66)
    }

    @Test("a wrong row is said once, with its line, column and reason, and programs get it as JSON")
    func messages() async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        let file = try world.file("posts.csv", "account,at,text\nx,2099-01-01T25:00,fine\n")
        let people = try await world.answer(["post", "import", file, "--client", "acme"])
        #expect(people.code == 65)
        #expect(people.messages.contains("line 2, column at: '2099-01-01T25:00' is not a local time"))
        #expect(people.data == "")
        let programs = try await world.answer(["post", "import", file, "--client", "acme", "-o", "json"])
        let report = try #require(
            try JSONSerialization.jsonObject(with: Data(programs.data.utf8)) as? [String: Any])
        let problems = try #require(report["problems"] as? [[String: Any]])
        #expect(problems.map { $0["line"] as? Int } == [2])
        #expect(problems.map { $0["column"] as? String } == ["at"])
    }
}
