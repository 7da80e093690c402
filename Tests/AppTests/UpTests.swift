// SPDX-License-Identifier: MIT

import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Subprocess
import SystemPackage
import Testing

@testable import App

/// The built program, from outside.
@Suite("posthorn up")
struct UpTests {
    private struct Answer {
        var code: Int32
        var output: String
        var messages: String
    }

    /// The program lies beside the test bundle.
    private static let binary: String = {
        let folder = URL(fileURLWithPath: OwnBinary.path).deletingLastPathComponent()
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") }
        let beside = bundle.map { URL(fileURLWithPath: $0).deletingLastPathComponent() } ?? folder
        return beside.appendingPathComponent("posthorn").path
    }()

    private static func posthorn(_ arguments: [String], in folder: String) async throws -> Answer {
        let result = try await Subprocess.run(
            .path(FilePath(Self.binary)), arguments: Arguments(arguments), environment: Self.environment,
            workingDirectory: FilePath(folder), output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        let code: Int32 = if case .exited(let code) = result.terminationStatus { code } else { -1 }
        return Answer(code: code, output: result.standardOutput, messages: result.standardError)
    }

    private static let environment: Subprocess.Environment = .custom([
        "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "TZ": "UTC",
    ])

    @Test("from nothing to workers that live, found by other commands, and stopped without a trace")
    func upAndDown() async throws {
        let folder = "/tmp/posthorn-up-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let result = try await Subprocess.run(
            .path(FilePath(Self.binary)), arguments: ["up", "--workers", "1", "-o", "jsonl"],
            environment: Self.environment,
            workingDirectory: FilePath(folder), input: .none, output: .sequence, error: .discarded
        ) { execution in
            // The one line of data comes when everything runs.
            var line = ""
            for try await text in execution.standardOutput.strings() {
                line = text
                break
            }
            #expect(line.contains("\"world\":\"simulated\""))
            let record = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            let up = try #require(record)
            #expect((up["public_url"] as? String)?.hasPrefix("http://127.0.0.1:") == true)
            let admin = try #require(up["admin_address"] as? String)
            let ready = try await HTTPClient.shared.execute(
                HTTPClientRequest(url: "http://\(admin)/readyz"), timeout: .seconds(60))
            #expect(ready.status == .ok)

            let doctor = try await Self.posthorn(["doctor", "-o", "json"], in: folder)
            #expect(doctor.code == 0, "\(doctor.output)")
            let findings = try #require(
                try JSONSerialization.jsonObject(with: Data(doctor.output.utf8)) as? [[String: Any]])
            #expect(findings.filter { $0["state"] as? String != "ok" }.isEmpty, "\(doctor.output)")

            let workers = try await Self.posthorn(["worker", "list", "-o", "json"], in: folder)
            let list = try #require(
                try JSONSerialization.jsonObject(with: Data(workers.output.utf8)) as? [[String: Any]])
            #expect(list.map { $0["state"] as? String } == ["active"])

            let second = try await Self.posthorn(["up"], in: folder)
            #expect(second.code == ExitStatus.conflict.rawValue)

            try execution.send(signal: .interrupt)
        }
        #expect(result.terminationStatus == .exited(0))
        #expect(LeftoverServer(data: folder + "/.posthorn/postgres/data").processes().isEmpty)
        #expect(!FileManager.default.fileExists(atPath: folder + "/.posthorn/up.json"))

        let after = try await Self.posthorn(["worker", "list"], in: folder)
        #expect(after.code == ExitStatus.unreachable.rawValue)
        #expect(after.messages.contains("posthorn up"))
    }

    @Test("a taken port is one clear message and 73")
    func takenPort() async throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        let port = try #require(Self.listen(listener))
        let answer = try await Self.posthorn(["simulator", "--port", "\(port)"], in: "/tmp")
        #expect(answer.code == ExitStatus.conflict.rawValue)
        #expect(answer.output.isEmpty)
        #expect(answer.messages.hasPrefix("error: "))
        #expect(answer.messages.contains("\(port)"))
    }

    private static func listen(_ descriptor: Int32) -> Int? {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 && Foundation.listen(descriptor, 1) == 0
                    && getsockname(descriptor, generic, &length) == 0
            }
        }
        return isBound ? Int(UInt16(bigEndian: address.sin_port)) : nil
    }
}
