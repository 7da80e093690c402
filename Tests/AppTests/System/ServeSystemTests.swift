// SPDX-License-Identifier: MIT

import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import PQClient
import PluginKit
import Publishing
import Subprocess
import Synchronization
import TestSupport
import Testing

@testable import App

/// The built program hands out what platforms fetch.
@Suite("serve", .postgresSchema, .timeLimit(.minutes(10)))
struct ServeSystemTests {
    private static let instagram = "17841400000000001"

    /// The beginning of a JPEG of 1080 × 1080, which is all that the simulator looks at.
    private static func picture(_ words: String) -> Data {
        let head: [UInt8] = [
            0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 0, 0, 0xFF, 0xC0, 0, 11, 8, 4, 56, 4, 56, 1, 1, 0x11, 0,
        ]
        return Data(head) + Data(words.utf8)
    }

    private static func open(_ agency: SimulatedAgency) async throws {
        try await agency.admin.add(accounts: [
            SimulatorAdmin.Account(
                platform: "instagram", externalID: Self.instagram, handle: "acme", name: "Acme",
                accessToken: "EAAinsta1", followers: 5000, timeZone: "Europe/Berlin")
        ])
        let file = try agency.file("instagram.json", #"{"access_token":"EAAinsta1"}"#)
        try await agency.run(
            "account", "connect", "--client", "acme", "--platform", "instagram", "--credential-file", file)
        for name in ["a", "b"] {
            try Self.picture(name).write(to: agency.folder.appendingPathComponent("\(name).jpg"))
        }
    }

    private static func plan(_ agency: SimulatedAgency, _ words: [String]) async throws -> SimulatedAgency.Answer {
        try await agency.answer(
            ["post", "create", "--client", "acme", "--account", "instagram", "--now"] + words)
    }

    @Test("pictures that a worker publishes on Instagram are fetched from serve, which then ends with 0 on SIGTERM")
    func pictures() async throws {
        let port = Int(try TestPort.next())
        try await SimulatedAgency.with(environment: ["POSTHORN_PUBLIC_URL": "http://127.0.0.1:\(port)/p/"]) { agency in
            try await Self.open(agency)
            let status = try await agency.serve(port: port) { _ in
                try await agency.setRate(60)
                for words in [
                    ["--text", "One", "--media", "a.jpg", "--alt", "A"],
                    ["--text", "Two", "--media", "a.jpg", "--media", "b.jpg"],
                    ["--text", "", "--media", "b.jpg", "--format", "story"],
                ] {
                    let answer = try await Self.plan(agency, words)
                    try #require(answer.code == 0, "\(words): \(answer.messages)")
                }
                try await agency.until {
                    try await agency.work()
                    return try await agency.count(
                        "SELECT count(*) FROM target WHERE state NOT IN ('published', 'failed')") == 0
                }
                #expect(try await agency.count("SELECT count(*) FROM target WHERE state = 'published'") == 3)
                #expect(try await agency.admin.ledgerSummary().duplicates == 0)
            }
            #expect(status == .exited(0))
        }
    }

    @Test(
        "a file of 1 GB whose 64 parts are fetched, eight at a time, leaves serve under 100 MB of resident memory")
    func memory() async throws {
        let port = Int(try TestPort.next())
        let size: Int64 = 1 << 30
        try await SimulatedAgency.with(environment: ["POSTHORN_PUBLIC_URL": "http://127.0.0.1:\(port)"]) { agency in
            let hash = String(repeating: "a", count: 64)
            let file = URL(fileURLWithPath: MediaStore(folder: agency.folder).path(of: hash))
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data("ftyp".utf8).write(to: file)
            #expect(truncate(file.path, Int(size)) == 0)
            let item = MediaItem(hash: hash, type: "video/mp4", byteCount: size)
            let address = try agency.links(port: port).url(of: item, until: Date.now.addingTimeInterval(86_400))
            var configuration = HTTPClient.Configuration()
            configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 8
            // A part waits for its turn as long as it takes: a slow machine is no fault.
            configuration.timeout.connect = .minutes(10)
            let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
            let serving = Task {
                try await agency.serve(port: port) { process in
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for number in 0..<64 {
                            group.addTask {
                                var request = HTTPClientRequest(url: address)
                                request.headers.add(
                                    name: "Range", value: "bytes=\(number << 24)-\((number << 24) + 16_777_215)")
                                let answer = try await client.execute(request, timeout: .minutes(10))
                                var count = 0
                                for try await piece in answer.body { count += piece.readableBytes }
                                #expect(answer.status == .partialContent && count == 16_777_216)
                            }
                        }
                        try await group.waitForAll()
                    }
                    let peak = try #require(try Self.peakMemory(of: process))
                    #expect(peak < 100 << 20, "\(peak >> 20) MB")
                }
            }
            let result = await serving.result
            try await client.shutdown()
            #expect(try result.get() == .exited(0))
        }
    }

    /// The most memory that a process ever held, in bytes, by the system's own account.
    private static func peakMemory(of process: Int32) throws -> Int? {
        let lines = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8).split(separator: "\n")
        let line = lines.first { $0.hasPrefix("VmHWM:") }
        return line.flatMap { Int($0.filter(\.isNumber)) }.map { $0 << 10 }
    }

    @Test("who asks serve twice to stop is told that answers were cut off: that is no drained end")
    func forced() async throws {
        let port = Int(try TestPort.next())
        // The grace must not end before the second signal, on the slowest machine.
        let environment = ["POSTHORN_PUBLIC_URL": "http://127.0.0.1:\(port)", "POSTHORN_SHUTDOWN_GRACE": "1h"]
        try await SimulatedAgency.with(environment: environment) { agency in
            let hash = String(repeating: "b", count: 64)
            let file = URL(fileURLWithPath: MediaStore(folder: agency.folder).path(of: hash))
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data("ftyp".utf8).write(to: file)
            #expect(truncate(file.path, 1 << 30) == 0)
            let item = MediaItem(hash: hash, type: "video/mp4", byteCount: 1 << 30)
            let address = try agency.links(port: port).url(of: item, until: Date.now.addingTimeInterval(86_400))
            let client = HTTPClient(eventLoopGroupProvider: .singleton)
            // An answer that somebody holds and nobody reads is under way as long as it takes; one that is let go of
            // ends its connection, and then serve drains before it is asked the second time.
            let held = Mutex<HTTPClientResponse?>(nil)
            let serving = Task {
                try await agency.serve(port: port) { process in
                    let answer = try await client.execute(HTTPClientRequest(url: address), timeout: .minutes(10))
                    held.withLock { $0 = answer }
                    kill(process, SIGINT)
                    try await agency.until {
                        try String(contentsOf: agency.log("serve"), encoding: .utf8).contains("stopping: answers")
                    }
                    // The harness asks the second time.
                }
            }
            let result = await serving.result
            held.withLock { $0 = nil }
            // The client's own end is not what is looked at.
            try? await client.shutdown()
            #expect(try result.get() == .exited(130))
            #expect(
                try String(contentsOf: agency.log("serve"), encoding: .utf8).contains("asked twice to stop"))
        }
    }

    @Test("without a public address serve hands nothing out, and a post that needs one is refused when it is planned")
    func noAddress() async throws {
        try await SimulatedAgency.with { agency in
            try await Self.open(agency)
            let port = Int(try TestPort.next())
            let status = try await agency.serve(port: port) { _ in
                let request = HTTPClientRequest(url: "http://127.0.0.1:\(port)/media/a.jpg")
                let answer = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
                #expect(answer.status == .notFound)
            }
            #expect(status == .exited(0))
            #expect(try String(contentsOf: agency.log("serve"), encoding: .utf8).contains("POSTHORN_PUBLIC_URL"))
            let post = try await Self.plan(agency, ["--text", "One", "--media", "a.jpg"])
            #expect(post.code == 65 && post.messages.contains("POSTHORN_PUBLIC_URL"), "\(post.messages)")
            #expect(try await agency.count("SELECT count(*) FROM target") == 0)
        }
    }
}
