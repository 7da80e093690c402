// SPDX-License-Identifier: MIT

import Foundation
import Subprocess

/// The wall clocks of workers, by the times that they write into their logs.
enum ChaosClocks {
    /// How far a clock must be off to count as wrong, in seconds: much more than a slow machine takes to write a line.
    private static let least = 300.0

    /// Counts workers whose clock is wrong.
    ///
    /// - Parameters:
    ///   - workers: how many workers there are, each with a log.
    ///   - folder: the folder with the logs.
    /// - Returns: how many differ from this machine's clock by more than five minutes.
    static func wrong(_ workers: Int, logs folder: String) -> Int {
        (1...max(1, workers)).count { number in
            self.skew(ofLog: "\(folder)/worker-\(number).log").map { abs($0) > self.least } ?? false
        }
    }

    /// How far the clock of who writes a log is ahead of this machine's, in seconds; `nil` when the log says nothing.
    static func skew(ofLog path: String) -> TimeInterval? {
        struct Line: Decodable { var ts: String }
        guard let content = FileManager.default.contents(atPath: path),
            let attributes = try? FileManager.default.attributesOfItem(atPath: path),
            let written = attributes[.modificationDate] as? Date
        else { return nil }
        // The file system has the time of the last line; what is no line of the log's form has none to compare.
        let last = content.split(separator: UInt8(ascii: "\n")).reversed().lazy
            .compactMap { try? JSONDecoder().decode(Line.self, from: Data($0)).ts }.first
        return last.flatMap(LimitReport.seconds).map { $0 - written.timeIntervalSince1970 }
    }

    /// Makes sure that a shim shifts clocks, before anything is started: the loader only grumbles about what it cannot load.
    ///
    /// - Throws: ``CommandError`` with exit code 78 when it does not.
    static func check(shim: String) async throws {
        let shift = 600
        let answer = try await Subprocess.run(
            .name("date"), arguments: ["+%s"],
            environment: .inherit.updating(["LD_PRELOAD": shim, "POSTHORN_CLOCK_SHIFT": String(shift)]),
            output: .string(limit: 4_096), error: .string(limit: 4_096))
        let time = Double(answer.standardOutput.trimmingCharacters(in: .whitespacesAndNewlines))
        let right = Date().timeIntervalSince1970 + Double(shift)
        if answer.terminationStatus.isSuccess, let time, abs(time - right) < 60 { return }
        throw CommandError(
            .configuration, "--clock-shim shifts no clock: \(shim)",
            details: ["date \(answer.terminationStatus.words) with it"]
                + answer.standardError.split(separator: "\n").prefix(2).map(String.init),
            remedy: Self.remedy)
    }

    /// Waits until the clocks of all workers are seen to be wrong.
    ///
    /// - Parameters:
    ///   - workers: how many workers there are.
    ///   - folder: the folder with their logs.
    /// - Returns: how many clocks are wrong: all.
    /// - Throws: ``CommandError`` with exit code 78 when a worker's clock stays right.
    static func require(_ workers: Int, logs folder: String) async throws -> Int {
        let end = ContinuousClock.now + .seconds(10)
        while true {
            let wrong = self.wrong(workers, logs: folder)
            if wrong >= workers { return wrong }
            guard ContinuousClock.now < end else {
                throw CommandError(
                    .configuration, "--clock-shim shifts the clock of \(wrong) of \(workers) workers only",
                    details: ["\(folder)/worker-1.log has what the loader says of it"], remedy: Self.remedy)
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private static let remedy =
        "build it for this machine: cc -O1 -shared -fPIC -o clock-shift.so Tests/Shims/clock-shift.c -ldl"
}
