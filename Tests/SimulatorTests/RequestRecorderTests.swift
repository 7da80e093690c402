// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import Simulator

@Suite("Recorded requests")
struct RequestRecorderTests {
    private struct Line: Decodable {
        var method: String
        var host: String
        var path: String
        var query: String
        var headers: [[String]]
        var size: Int
        var cut_at: Int?
        var omitted: Int?
        var body: String?
    }

    @Test("every request to a platform is written down as it came, refused ones too; long bodies without their middle")
    func recorded() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("recorded-\(UUID()).jsonl")
        // What is left in the temporary folder harms nobody.
        defer { try? FileManager.default.removeItem(at: file) }
        var configuration = SimulatorConfiguration()
        configuration.recordFile = file.path
        try await RunningSimulator.with(configuration) { simulator async throws in
            _ = try await simulator.get("/api.x.com/2/users/me?user.fields=public_metrics%2Cid", token: "x1")
            _ = try await simulator.post("/api.x.com/2/tweets", ["text": "Ä horn", "bogus": 1], token: "nobody")
            let long = String(repeating: "x", count: 100_000)
            _ = try await simulator.post("/api.x.com/2/tweets", ["text": .string(long)], token: "x1")
            _ = try await simulator.get("/_admin/calls")
        }
        let lines = try Data(contentsOf: file).split(separator: 0x0A).map {
            try JSONDecoder().decode(Line.self, from: Data($0))
        }
        #expect(
            lines.map { "\($0.method) \($0.host)\($0.path)" } == [
                "GET api.x.com/2/users/me", "POST api.x.com/2/tweets", "POST api.x.com/2/tweets",
            ])
        #expect(lines[0].query == "user.fields=public_metrics%2Cid")
        #expect(lines[0].headers.contains(["authorization", "Bearer x1"]))
        #expect(lines[1].body == #"{"text":"Ä horn","bogus":1}"# && lines[1].omitted == nil)
        #expect(lines[2].size == 100_011 && lines[2].cut_at == 65_536 && lines[2].omitted == 100_011 - 65_536 - 4096)
        #expect(lines[2].body?.hasSuffix(#"xx"}"#) == true && lines[2].body?.count == 65_536 + 4096)
    }

    @Test("a file that cannot be written is said before anything is served")
    func unwritable() async throws {
        var configuration = SimulatorConfiguration()
        configuration.recordFile = "/nowhere/requests.jsonl"
        let error = await #expect(throws: SimulatorError.self) {
            try await RunningSimulator.with(configuration) { _ in }
        }
        #expect(error?.code == .recordFile)
    }
}
