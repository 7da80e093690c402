// SPDX-License-Identifier: MIT

import Foundation
import JobQueue

/// The last words of workers that died at a named point, in their logs.
enum CrashMarks {
    /// Counts the deaths that a piece of a log tells of.
    ///
    /// - Parameter log: the piece; what an earlier death cut off may end in half a character or half a line.
    /// - Returns: how often workers died, by point.
    static func deaths(in log: Data) -> [CrashPoint: Int] {
        var deaths: [CrashPoint: Int] = [:]
        for piece in String(decoding: log, as: UTF8.self).components(separatedBy: CrashPlan.mark).dropFirst() {
            let name = String(piece.prefix { $0 != ":" && $0 != "\n" })
            deaths[CrashPoint(rawValue: name), default: 0] += 1
        }
        return deaths
    }

    /// Counts the deaths that the logs of all workers tell of.
    ///
    /// - Parameter folder: the folder with the logs.
    /// - Returns: how often workers died, by point.
    /// - Throws: when a log cannot be read.
    static func deaths(inLogs folder: String) throws -> [CrashPoint: Int] {
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix("worker-") }
            .map { self.deaths(in: try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)"))) }
            .reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
    }
}
