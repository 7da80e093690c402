// SPDX-License-Identifier: MIT

import Foundation
import Subprocess
import SystemPackage
import Testing

/// A folder for the time of a test, with real films and pictures that ffmpeg draws.
struct SampleFolder: Sendable {
    let url: URL

    static func with(_ body: (SampleFolder) async throws -> Void) async throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent(
            "posthorn-media-\(UInt64.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        // What is left in the temporary folder harms nobody.
        defer { try? FileManager.default.removeItem(at: url) }
        try await body(SampleFolder(url: url))
    }

    /// Draws a film with sound.
    func film(_ name: String, size: String, rate: String, seconds: Int, codec: String = "libx264") async throws -> URL {
        try await self.make(
            name,
            [
                "-f", "lavfi", "-i", "testsrc2=s=\(size):r=\(rate):d=\(seconds)", "-f", "lavfi", "-i",
                "sine=d=\(seconds)", "-c:v", codec, "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac",
            ])
    }

    /// Draws a picture.
    func picture(_ name: String, size: String) async throws -> URL {
        try await self.make(name, ["-f", "lavfi", "-i", "testsrc2=s=\(size)", "-frames:v", "1"])
    }

    func make(_ name: String, _ arguments: [String]) async throws -> URL {
        let file = self.url.appendingPathComponent(name)
        let result = try await Subprocess.run(
            .name("ffmpeg"), arguments: Arguments(["-v", "error", "-nostdin", "-y"] + arguments + [file.path]),
            output: .discarded, error: .string(limit: 65_536))
        try #require(result.terminationStatus == .exited(0), "\(result.standardError)")
        return file
    }

    /// Writes a file of so many bytes that differ from each other.
    func bytes(_ name: String, count: Int) throws -> URL {
        let file = self.url.appendingPathComponent(name)
        var data = Data("\u{0}\u{0}\u{0}\u{18}ftypmp42".utf8)
        var state: UInt32 = 7
        while data.count < count {
            state = state &* 1_664_525 &+ 1_013_904_223
            data.append(UInt8(truncatingIfNeeded: state >> 16))
        }
        try data.prefix(count).write(to: file)
        return file
    }
}
