// SPDX-License-Identifier: MIT

import Foundation
import PQClient
import TestSupport
import Testing

@testable import App

@Suite("Memory of uploads", .postgresSchema, .timeLimit(.minutes(10)))
struct UploadMemoryTests {
    /// More than a worker may take for all of them: whoever holds one film whole is found out.
    private static let size = 128 << 20
    private static let most: Int64 = 100 << 20

    @Test("a worker that uploads a film of 128 MB to each of four platforms at once takes less than 100 MB for it")
    func films() async throws {
        try await SimulatedAgency.with { agency in
            let film = agency.folder.appendingPathComponent("film.mp4")
            try (Data([0, 0, 0, 0x20]) + Data("ftypisom".utf8)).write(to: film)
            // Nothing but its beginning takes room on the disk.
            #expect(truncate(film.path, Self.size) == 0)
            let platforms = ["facebook", "instagram", "x", "tiktok"]
            for (number, platform) in platforms.enumerated() {
                // Pages and Instagram accounts share one space of identities.
                let id = String(101 + number)
                try await agency.admin.add(accounts: [
                    SimulatorAdmin.Account(
                        platform: platform, externalID: id, handle: "acme", name: "Acme",
                        accessToken: "EAA-\(platform)", followers: 5000, timeZone: "Europe/Berlin")
                ])
                let file = try agency.file("\(platform).json", #"{"access_token":"EAA-\#(platform)"}"#)
                try await agency.run(
                    "account", "connect", "--client", "acme", "--platform", platform, "--external-id", id,
                    "--credential-file", file, "--backfill", "none")
            }
            try await agency.setRate(20)
            // A busy machine is no reason to take the worker for dead.
            try await agency.withWorker("worker", environment: ["POSTHORN_WORKER_DEAD_AFTER": "120s"]) { process in
                try await agency.until { try await agency.count("SELECT count(*) FROM worker") == 1 }
                let rest = try #require(ResidentMemory.peak(of: process))
                let planned = try await agency.answer(
                    ["post", "create", "--client", "acme", "--now", "--text", "Long", "--media", film.path]
                        + platforms.flatMap { ["--account", $0] }
                        + ["--set", "tiktok.privacy_level=PUBLIC_TO_EVERYONE"])
                try #require(planned.code == 0, "\(planned.messages)")
                try await agency.until {
                    try await agency.count(
                        "SELECT count(*) FROM target WHERE state NOT IN ('published', 'failed')") == 0
                }
                let peak = try #require(ResidentMemory.peak(of: process))
                #expect(peak - rest < Self.most, "\(rest >> 20) MB at rest, at most \(peak >> 20) MB")
            }
            let failures = try await agency.everything().split(separator: "\n").filter {
                $0.hasPrefix("target ") && $0.contains(#""state":"failed""#)
            }
            try #require(failures.isEmpty)
            for platform in platforms {
                // What a platform processes is shown a while later.
                try await agency.until { try await !agency.held(on: platform).isEmpty }
                #expect(try await agency.held(on: platform).map(\.files) == [["video/mp4"]], "\(platform)")
            }
            #expect(try await agency.admin.ledgerSummary().duplicates == 0)
        }
    }
}
