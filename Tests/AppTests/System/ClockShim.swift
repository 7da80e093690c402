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
    ///
    /// - Parameters:
    ///   - folder: the folder.
    ///   - name: the library's name there.
    ///   - beginning: C statements that run before the program does.
    /// - Throws: when it cannot be compiled.
    init(in folder: URL, name: String = "clock-shift", beginning: String? = nil) async throws {
        let source = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Shims/clock-shift.c").path
        let library = folder.appendingPathComponent("\(name).so").path
        let constructor = folder.appendingPathComponent("\(name).c")
        let words = "__attribute__((constructor)) static void begin(void) { \(beginning ?? "") }\n"
        try Data("#include <stdlib.h>\n#include <unistd.h>\n\(words)".utf8).write(to: constructor)
        let result = try await Subprocess.run(
            .name("clang"), arguments: ["-O1", "-shared", "-fPIC", "-o", library, source, constructor.path, "-ldl"],
            output: .string(limit: 1 << 16), error: .string(limit: 1 << 16))
        try #require(result.terminationStatus.isSuccess, "\(result.standardError)")
        self.path = library
    }

    /// The variables of a process whose clock is off by so many seconds.
    func environment(shiftedBy seconds: Int) -> [String: String] {
        ["LD_PRELOAD": self.path, "POSTHORN_CLOCK_SHIFT": String(seconds)]
    }
}
