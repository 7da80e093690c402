// SPDX-License-Identifier: MIT

import Foundation
import Synchronization

/// Breaks things while work goes on: kills workers, restarts PostgreSQL.
final class ChaosMonkey: Sendable {
    private let options: ChaosOptions
    private let running: RunningInstallation
    private let state: StateFolder
    private let counts = Mutex((kills: 0, restarts: 0))

    init(options: ChaosOptions, running: RunningInstallation, state: StateFolder) {
        self.options = options
        self.running = running
        self.state = state
    }

    /// How many workers were killed.
    var kills: Int { self.counts.withLock { $0.kills } }
    /// How often PostgreSQL was restarted.
    var restarts: Int { self.counts.withLock { $0.restarts } }

    /// Kills a random worker again and again until the task is cancelled.
    func run() async throws {
        guard let pause = self.options.killEvery else { return }
        var generator = SeededGenerator(seed: self.options.seed)
        while true {
            try await Task.sleep(for: pause)
            self.kill(Int.random(in: 0..<self.running.workers.count, using: &generator))
        }
    }

    /// Kills the first worker unless one was killed before: however fast the work is, one dies in the middle of it.
    func killOnce() {
        if self.options.killEvery != nil, self.kills == 0 { self.kill(0) }
    }

    private func kill(_ victim: Int) {
        let signal = self.options.terminates ? SIGTERM : SIGKILL
        if self.running.workers.kill(victim, with: signal) != nil { self.counts.withLock { $0.kills += 1 } }
    }

    /// Restarts PostgreSQL: its sessions end at once and it recovers from its log, as after a crash.
    func restartDatabase() throws {
        let file = "\(self.state.postgres)/postmaster.pid"
        guard let text = try? String(contentsOfFile: self.postmasterFile(file), encoding: .utf8),
            let line = text.split(separator: "\n").first, let process = Int32(line)
        else { throw CommandError(.failed, "the database to restart was not found", details: ["looked for \(file)"]) }
        Foundation.kill(process, SIGQUIT)
        self.counts.withLock { $0.restarts += 1 }
    }

    /// The cluster's data may stand one folder deeper.
    private func postmasterFile(_ file: String) -> String {
        if FileManager.default.fileExists(atPath: file) { return file }
        return "\(self.state.postgres)/data/postmaster.pid"
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same seed gives the same run.
struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { self.state = seed }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var z = self.state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
