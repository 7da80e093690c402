// SPDX-License-Identifier: MIT

import Foundation
import Subprocess
import SystemPackage

/// A program of this machine that works on a file and ends.
package struct MediaProgram: Sendable {
    /// What it said.
    struct Answer: Sendable {
        var isGood: Bool
        var output: String
        /// The last line of its complaints, without the path of the file.
        var complaint: String
    }

    /// Why there is no answer.
    enum Failure: Error {
        case missing
        case tooSlow
        case other(String)
    }

    /// What it is called.
    package let name: String
    /// Debian's package.
    package let package: String

    /// Looks into films and moving pictures.
    package static let ffprobe = Self(name: "ffprobe", package: "ffmpeg")
    /// Converts films.
    package static let ffmpeg = Self(name: "ffmpeg", package: "ffmpeg")
    /// Looks into pictures.
    package static let vipsheader = Self(name: "vipsheader", package: "libvips-tools")
    /// Makes pictures of another size and kind.
    package static let vipsthumbnail = Self(name: "vipsthumbnail", package: "libvips-tools")
    /// Puts bars around pictures.
    package static let vips = Self(name: "vips", package: "libvips-tools")

    /// Whether the program is on this machine.
    package var isInstalled: Bool {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        return folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(self.name)") }
    }

    /// Runs it to its end; it is killed when it takes too long.
    ///
    /// - Throws: ``Failure``, and `CancellationError`.
    func run(_ arguments: [String], within limit: Duration) async throws -> Answer {
        try await withThrowingTaskGroup(of: Answer?.self) { group in
            group.addTask { try await self.run(arguments) }
            group.addTask {
                try await Task.sleep(for: limit, clock: .continuous)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw Failure.other("\(self.name) did not run") }
            guard let answer = first else { throw Failure.tooSlow }
            return answer
        }
    }

    private func run(_ arguments: [String]) async throws -> Answer {
        // Loaders of odd formats are not made for what strangers send.
        let environment: Subprocess.Environment = .inherit.updating(["VIPS_BLOCK_UNTRUSTED": "1", "LC_ALL": "C.UTF-8"])
        var options = PlatformOptions()
        options.createSession = true
        do {
            let result = try await Subprocess.run(
                .name(self.name), arguments: Arguments(arguments), environment: environment, platformOptions: options,
                output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
            let lines = result.standardError.split(separator: "\n").map(String.init)
            let complaint = lines.last { !$0.isEmpty } ?? "no reason was given"
            return Answer(
                isGood: result.terminationStatus == .exited(0), output: result.standardOutput,
                complaint: Self.withoutPath(complaint))
        } catch let error as SubprocessError {
            if Task.isCancelled { throw CancellationError() }
            if error.code == .executableNotFound { throw Failure.missing }
            throw Failure.other("\(self.name) could not be run: \(error)")
        }
    }

    /// `/media/ab/abc: Invalid data` says where our files lie; people call them otherwise.
    private static func withoutPath(_ line: String) -> String {
        guard line.hasPrefix("/") || line.hasPrefix("file:/"), let colon = line.range(of: ": ") else { return line }
        return String(line[colon.upperBound...])
    }
}
