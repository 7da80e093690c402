// SPDX-License-Identifier: MIT

import Foundation
import Subprocess
import SystemPackage
import Testing

/// A library that shifts the wall clock of a process it is preloaded into.
struct ClockShim: Sendable {
    /// Where it is.
    let path: String

    /// Compiles `Tests/Shims/clock-shift.c` with the C compiler that comes with Swift, into a folder.
    init(in folder: URL) async throws {
        let source = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Shims/clock-shift.c").path
        let library = folder.appendingPathComponent("clock-shift.so").path
        let result = try await Subprocess.run(
            .name("clang"), arguments: ["-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"],
            output: .string(limit: 1 << 16), error: .string(limit: 1 << 16))
        try #require(result.terminationStatus.isSuccess, "\(result.standardError)")
        self.path = library
    }

    /// The variables of a process whose clock is off by so many seconds.
    func environment(shiftedBy seconds: Int) -> [String: String] {
        ["LD_PRELOAD": self.path, "POSTHORN_CLOCK_SHIFT": String(seconds)]
    }
}
