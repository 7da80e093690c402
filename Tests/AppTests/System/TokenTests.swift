// SPDX-License-Identifier: MIT

import Foundation
import TestSupport
import Testing

@testable import App

@Suite("tokens", .postgresSchema)
struct TokenTests {
    @Test(
        "a token that has ended is renewed with the app that was added, whatever app is configured",
        arguments: [[:], ["POSTHORN_PLATFORM_X_CLIENT_ID": "another"]])
    func renews(environment: [String: String]) async throws {
        try await SimulatedAgency.with { agency in
            try await agency.admin.add(app: "x", clientID: "app-1", secret: "s3cret")
            let secret = try agency.file("secret.txt", "s3cret\n")
            try await agency.run(
                "app", "add", "main-x", "--platform", "x", "--client-id", "app-1", "--secret-file", secret)
            try await agency.connect("x", expiresAt: "2020-01-01T00:00:00Z", app: "app-1")
            let job = try await agency.publishNow("Hello", on: "x")
            let work = try await agency.work(environment: environment)
            #expect(work.code == 0, "\(work.messages)")
            #expect(try await agency.job(job)["state"] as? String == "succeeded")
            #expect(try await agency.ledger().count { $0["took_effect"] as? Bool == true } == 1)
        }
    }

    @Test("with several apps of a platform a token that can be renewed says which it is from")
    func several() async throws {
        try await SimulatedAgency.with { agency in
            for name in ["one", "two"] {
                try await agency.run("app", "add", name, "--platform", "x", "--client-id", name)
            }
            try await agency.pretend("x")
            let unnamed = try await agency.answer(agency.connection("x"))
            #expect(unnamed.code == 65 && unnamed.messages.contains("Give --app: one, two"), "\(unnamed.messages)")
            let misspelt = try await agency.answer(agency.connection("x") + ["--app", "tow"])
            #expect(misspelt.code == 66 && misspelt.messages.contains("Did you mean 'two'?"), "\(misspelt.messages)")
            let named = try await agency.answer(agency.connection("x") + ["--app", "two"])
            #expect(named.code == 0, "\(named.messages)")
        }
    }
}
