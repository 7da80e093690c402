// SPDX-License-Identifier: MIT

import Foundation
import TestSupport
import Testing

@testable import App

@Suite("pausing an app", .postgresSchema)
struct AppPauseTests {
    @Test("a paused app is shown wherever somebody looks for the reason, and its work goes on when it is resumed")
    func pause() async throws {
        try await SimulatedAgency.with { agency in
            try await agency.admin.add(app: "x", clientID: "app-1", secret: "s3cret")
            let secret = try agency.file("secret.txt", "s3cret\n")
            try await agency.run(
                "app", "add", "main-x", "--platform", "x", "--client-id", "app-1", "--secret-file", secret)
            try await agency.connect("x", app: "app-1")
            try await agency.run("app", "pause", "main-x", "--reason", "no credits")
            let job = try await agency.publishNow("Hello", on: "x")
            #expect(try await agency.work().code == 0)
            #expect(try await agency.job(job)["state"] as? String == "ready")

            let apps = try #require(try await agency.json("app", "list") as? [[String: Any]])
            #expect(apps.map { $0["state"] as? String } == ["paused"])
            #expect(apps.map { $0["state_reason"] as? String } == ["no credits"])
            #expect((apps.first?["paused_queues"] as? [String]).map(Set.init) == ["publish", "boost", "metrics"])
            let why = try #require(try await agency.json("job", "explain", job) as? [String: Any])
            let because = try #require(why["because"] as? [[String: Any]])
            #expect(because.contains { $0["help"] as? String == "posthorn app resume x/main-x" })
            let stats = try #require(try await agency.json("queue", "stats") as? [String: Any])
            let paused = try #require(stats["paused"] as? [[String: Any]])
            #expect(paused.contains { $0["scope"] as? String == "app x/main-x, queue publish" })
            let doctor = try await agency.answer(["doctor", "-o", "json"])
            #expect(doctor.data.contains("posthorn app resume x/main-x"))

            try await agency.run("app", "resume", "x/main-x")
            #expect(try await agency.work().code == 0)
            #expect(try await agency.job(job)["state"] as? String == "succeeded")
        }
    }
}
