// SPDX-License-Identifier: MIT

import Foundation
import PQClient
import TestSupport
import Testing

@testable import App

/// The built program before a real PgBouncer in transaction mode.
@Suite("the program behind a pooler", .postgresSchema, .timeLimit(.minutes(5)))
struct PoolerSystemTests {
    private func findings(_ agency: SimulatedAgency, _ environment: [String: String] = [:]) async throws
        -> [String: [String: Any]]
    {
        let answer = try await agency.answer(["doctor", "-o", "json"], environment: environment)
        let list = try #require(
            try JSONSerialization.jsonObject(with: Data(answer.data.utf8)) as? [[String: Any]], "\(answer.messages)")
        return Dictionary(uniqueKeysWithValues: list.compactMap { one in (one["check"] as? String).map { ($0, one) } })
    }

    @Test("migrations, commands and two workers that publish go through it, and only the listener past it")
    func publishes() async throws {
        let direct = TestDatabase.required.url
        try await withPgBouncer { pooler in
            let environment = [
                "POSTHORN_DATABASE_URL": pooler.url, "POSTHORN_DATABASE_POOLER": "transaction",
                "POSTHORN_LISTEN_DATABASE_URL": direct,
            ]
            try await SimulatedAgency.with(environment: environment) { agency in
                try await agency.connect("mock")
                try await agency.withWorker("one") { _ in
                    try await agency.withWorker("two") { _ in
                        for number in 1...6 { _ = try await agency.publishNow("Post \(number)", on: "mock") }
                        try await agency.until {
                            try await agency.count("SELECT count(*) FROM attempt WHERE kind = 'publish' AND final") == 6
                        }
                    }
                }
                for name in ["one", "two"] {
                    let words = try String(contentsOf: agency.log(name), encoding: .utf8)
                    #expect(!words.contains("a call to the database failed"), "\(words)")
                }
                try await agency.expectSound()
                let ledger = try await agency.ledger()
                #expect(ledger.count == 6 && ledger.allSatisfy { $0["took_effect"] as? Bool == true })
                let jobs = try #require(try await agency.json("job", "list", "--kind", "publish") as? [[String: Any]])
                #expect(jobs.count == 6 && jobs.allSatisfy { $0["state"] as? String == "succeeded" })
                let found = try await self.findings(agency)
                #expect(found["pooler"]?["state"] as? String == "ok")
                #expect(found["listener"]?["state"] as? String == "ok")
                #expect(found["schema"]?["state"] as? String == "ok")
            }
        }
    }

    @Test("a wrong set-up exits 78 and says what to set, and the doctor says the same")
    func wrong() async throws {
        let direct = TestDatabase.required.url
        // Prepared statements would fail in strange ways only now and then if a pooler swallowed our options.
        try await withPgBouncer(settings: ["ignore_startup_parameters = options"]) { pooler in
            try await SimulatedAgency.with { agency in
                let untold = ["POSTHORN_DATABASE_URL": pooler.url]
                for words in [["client", "list"], ["worker", "run", "--until-empty"], ["migrate", "up"]] {
                    let answer = try await agency.answer(words, environment: untold)
                    #expect(answer.code == 78)
                    #expect(answer.messages.contains("POSTHORN_DATABASE_POOLER=transaction"), "\(answer.messages)")
                }
                let database = try await self.findings(agency, untold)["database"]
                #expect((database?["remedy"] as? String)?.contains("POSTHORN_DATABASE_POOLER=transaction") == true)

                let told = untold.merging(["POSTHORN_DATABASE_POOLER": "transaction"]) { $1 }
                let deaf = try await agency.answer(["worker", "run", "--until-empty"], environment: told)
                #expect(deaf.code == 78)
                #expect(deaf.messages.contains("POSTHORN_LISTEN_DATABASE_URL"), "\(deaf.messages)")
                #expect(try await agency.answer(["client", "list"], environment: told).code == 0)
                let missing = try await self.findings(agency, told)["listener"]
                #expect(missing?["state"] as? String == "failed")

                let through = told.merging(["POSTHORN_LISTEN_DATABASE_URL": pooler.url]) { $1 }
                let unheard = try await agency.answer(["worker", "run", "--until-empty"], environment: through)
                #expect(unheard.code == 78)
                #expect(unheard.messages.contains("POSTHORN_LISTEN_DATABASE_URL"), "\(unheard.messages)")
                let listener = try await self.findings(agency, through)["listener"]
                #expect(listener?["state"] as? String == "failed")
                #expect((listener?["remedy"] as? String)?.contains("POSTHORN_LISTEN_DATABASE_URL") == true)

                let needless = ["POSTHORN_DATABASE_POOLER": "transaction", "POSTHORN_LISTEN_DATABASE_URL": direct]
                #expect(try await self.findings(agency, needless)["pooler"]?["state"] as? String == "warning")
            }
        }
    }
}
