// SPDX-License-Identifier: MIT

import ArgumentParser
import Publishing

/// Whether files that an account does not take are made to fit.
struct TranscodeOptions: ParsableArguments {
    @Flag(name: .customLong("transcode"), help: "Make files that an account does not take into ones that it takes.")
    var isWanted = false
    @Flag(name: .customLong("pad"), help: "With --transcode: put bars around what has another shape.")
    var hasBars = false

    func validate() throws {
        guard self.isWanted || !self.hasBars else { throw ValidationError("--pad goes with --transcode.") }
    }

    /// What the flags ask for; `nil` when they say nothing.
    var wanted: Transcoding? { self.hasBars ? .pad : self.isWanted ? .fit : nil }
}
