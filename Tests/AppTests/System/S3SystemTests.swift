// SPDX-License-Identifier: MIT

import Foundation
import MediaTestSupport
import PQClient
import Subprocess
import Synchronization
import TestSupport
import Testing

@testable import App

/// The built program over a media store in a bucket that verifies every signature by its own code.
@Suite("media in S3", .postgresSchema, .timeLimit(.minutes(10)))
struct S3SystemTests {
    private static let instagram = "17841400000000001"

    private static func environment(bucket: Int, serve: Int) -> [String: String] {
        [
            "POSTHORN_MEDIA_STORE": "s3://agency/posts", "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:\(bucket)",
            "AWS_REGION": "eu-test-1", "AWS_ACCESS_KEY_ID": StrictBucket.accessKey,
            "AWS_SECRET_ACCESS_KEY": StrictBucket.secretKey, "AWS_SESSION_TOKEN": StrictBucket.token,
            "POSTHORN_PUBLIC_URL": "http://127.0.0.1:\(serve)",
        ]
    }

    /// An agency whose files lie in a bucket; what plans, works and serves has a folder for copies of its own each.
    private static func with(
        _ body: @escaping @Sendable (SimulatedAgency, StrictBucket, Int) async throws -> Void
    ) async throws {
        let bucket = StrictBucket()
        let port = Int(try TestPort.next())
        try await FakeWebsite.with {
            try await bucket.answer($0)
        } _: { site in
            let copies = FileManager.default.temporaryDirectory.appendingPathComponent(
                "posthorn-copies-\(UInt64.random(in: 0 ... .max))")
            // What is left in the temporary folder harms nobody.
            defer { try? FileManager.default.removeItem(at: copies) }
            var environment = Self.environment(bucket: site.port, serve: port)
            environment["POSTHORN_MEDIA_COPIES"] = copies.path
            try await SimulatedAgency.with(environment: environment) { agency in
                try await body(agency, bucket, port)
            }
        }
    }

    /// The beginning of a JPEG of 1080 × 1080, which is all that the simulator looks at.
    private static let picture =
        Data([0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 0, 0, 0xFF, 0xC0, 0, 11, 8, 4, 56, 4, 56, 1, 1, 0x11, 0]) + Data("a".utf8)

    private static func files(in folder: URL) -> Int {
        let found = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.isRegularFileKey])
        // What cannot be looked at is no file.
        return (found?.allObjects as? [URL] ?? []).count {
            (try? $0.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) == true
        }
    }

    @Test(
        "a picture goes from who plans into the bucket, from there to a worker that uploads it, and to Instagram through serve"
    )
    func endToEnd() async throws {
        try await Self.with { agency, bucket, port in
            try await agency.admin.add(accounts: [
                SimulatorAdmin.Account(
                    platform: "instagram", externalID: Self.instagram, handle: "acme", name: "Acme",
                    accessToken: "EAAinsta1", followers: 5000, timeZone: "Europe/Berlin")
            ])
            let token = try agency.file("instagram.json", #"{"access_token":"EAAinsta1"}"#)
            try await agency.run(
                "account", "connect", "--client", "acme", "--platform", "instagram", "--credential-file", token)
            try await agency.connect("x")
            try Self.picture.write(to: agency.folder.appendingPathComponent("a.jpg"))
            let worker = agency.folder.appendingPathComponent("copies-worker")
            let status = try await agency.serve(port: port) { _ in
                try await agency.setRate(60)
                let planned = try await agency.answer([
                    "post", "create", "--client", "acme", "--account", "x", "--account", "instagram", "--now", "--text",
                    "Look", "--media", "a.jpg",
                ])
                try #require(planned.code == 0, "\(planned.messages)")
                try await agency.until {
                    try await agency.work(environment: ["POSTHORN_MEDIA_COPIES": worker.path])
                    return try await agency.count(
                        "SELECT count(*) FROM target WHERE state NOT IN ('published', 'failed')") == 0
                }
            }
            #expect(status == .exited(0))
            #expect(try await agency.count("SELECT count(*) FROM target WHERE state = 'published'") == 2)
            #expect(try await agency.admin.ledgerSummary().duplicates == 0)
            #expect(Self.files(in: worker) == 1, "the worker fetched the picture once")
            bucket.state.withLock { state in
                #expect(state.refusals.isEmpty, "\(state.refusals)")
                #expect(Array(state.objects.values) == [Self.picture])
                #expect(state.objects.keys.allSatisfy { $0.hasPrefix("/agency/posts/") })
                // One for the worker, and at least one that Instagram asked serve for.
                #expect(state.calls.count { $0.hasPrefix("GET") } >= 2, "\(state.calls)")
            }
        }
    }

    @Test("a bucket that does not answer lets a post wait, and a wrong key is told to who plans")
    func trouble() async throws {
        try await Self.with { agency, bucket, _ in
            try await agency.connect("x")
            try Self.picture.write(to: agency.folder.appendingPathComponent("a.jpg"))
            func plan(_ environment: [String: String] = [:]) async throws -> SimulatedAgency.Answer {
                try await agency.answer(
                    [
                        "post", "create", "--client", "acme", "--account", "x", "--now", "--text", "Look", "--media",
                        "a.jpg",
                    ], environment: environment)
            }
            let wrong = try await plan(["AWS_SECRET_ACCESS_KEY": "guess"])
            #expect(wrong.code == 78 && !wrong.messages.contains("guess"), "\(wrong.messages)")
            let planned = try await plan()
            try #require(planned.code == 0, "\(planned.messages)")
            bucket.state.withLock { $0.troubles = 1_000_000 }
            let worker = ["POSTHORN_MEDIA_COPIES": agency.folder.appendingPathComponent("copies-worker").path]
            try await agency.work(environment: worker)
            #expect(try await agency.count("SELECT count(*) FROM target WHERE state = 'planned'") == 1)
            bucket.state.withLock { $0.troubles = 0 }
            try await agency.advance(3600)
            try await agency.work(environment: worker)
            #expect(try await agency.count("SELECT count(*) FROM target WHERE state = 'published'") == 1)
        }
    }
}
