// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import App

@Suite("clocks in chaos")
struct ChaosClocksTests {
    private func inFolder(_ body: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("posthorn-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder)
    }

    @Test("a log's clock is off by what its last whole line and the file system's time differ")
    func skew() async throws {
        try await self.inFolder { folder in
            let file = folder.appendingPathComponent("worker-1.log").path
            let words = """
                {"ts": "2026-03-01T12:00:00.000Z", "msg": "worker started"}
                {"ts": "2026-03-01T12:10:00.500Z", "msg": "worker started"}
                killed as planned
                {"ts": "2026-03-01T12:2
                """
            try Data(words.utf8).write(to: URL(fileURLWithPath: file))
            let written = try #require(LimitReport.seconds("2026-03-01T12:00:00.000Z"))
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: written)], ofItemAtPath: file)
            let skew = try #require(ChaosClocks.skew(ofLog: file))
            #expect(abs(skew - 600.5) < 0.01)
            #expect(ChaosClocks.wrong(2, logs: folder.path) == 1)
        }
    }

    @Test("a log without a line says nothing of its clock")
    func noLine() async throws {
        try await self.inFolder { folder in
            let file = folder.appendingPathComponent("worker-1.log")
            try Data("ERROR: ld.so: cannot be preloaded\n".utf8).write(to: file)
            #expect(ChaosClocks.skew(ofLog: file.path) == nil)
            #expect(ChaosClocks.skew(ofLog: file.path + ".none") == nil)
        }
    }

    @Test(
        "a shim is refused under which a program dies, says nothing, or has another time than it was told",
        arguments: ["abort();", "_exit(0);", "setenv(\"POSTHORN_CLOCK_SHIFT\", \"4000\", 1);"])
    func badShim(action: String) async throws {
        try await self.inFolder { folder in
            try await ChaosClocks.check(shim: try await ClockShim(in: folder).path)
            let bad = try await ClockShim(in: folder, name: "bad", beginning: action)
            let error = await #expect(throws: CommandError.self) { try await ChaosClocks.check(shim: bad.path) }
            #expect(error?.status == .configuration)
        }
    }
}
