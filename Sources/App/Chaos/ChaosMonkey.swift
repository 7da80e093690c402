// SPDX-License-Identifier: MIT

import Foundation
import JobQueue
import PQClient
import Synchronization

/// Breaks things while work goes on, each so often as the options say, spread over the work that is done.
final class ChaosMonkey: Sendable {
    /// How often each thing was done.
    struct Counts: Sendable {
        var kills = 0
        var restarts = 0
        var freezes = 0
        var cuts = 0
        var poolerKills = 0
        var snapshots = 0
        var migrations = 0
    }

    private struct State {
        var counts = Counts()
        var published = 0
        /// Whether the flood is over: who is on its way to a point is let be.
        var isPatient = false
        /// The workers that stand still.
        var frozen: Set<Int> = []
        var generator: SeededGenerator
    }

    let options: ChaosOptions
    let running: RunningInstallation
    private let folder: StateFolder
    private let tour: CrashTour?
    private let replies: ReplyLoss?
    private let state: Mutex<State>

    init(
        options: ChaosOptions, running: RunningInstallation, state: StateFolder, tour: CrashTour? = nil,
        replies: ReplyLoss? = nil
    ) {
        self.options = options
        self.running = running
        self.tour = tour
        self.replies = replies
        self.folder = state
        self.state = Mutex(State(generator: SeededGenerator(seed: options.seed)))
    }

    /// How often each thing was done so far.
    var counts: Counts { self.state.withLock { $0.counts } }

    /// Says how much is done: faults come at shares of the work, not at times.
    func progressed(to published: Int) { self.state.withLock { $0.published = published } }

    /// Lets workers get where they are to die; nobody else's death is in their way any more.
    func becomePatient() { self.state.withLock { $0.isPatient = true } }

    /// Does its work until the task is cancelled.
    func run(_ pool: ConnectionPool) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.killLoop() }
            group.addTask { try await self.helpTour() }
            group.addTask { try await self.spread(self.options.restarts) { try self.restartDatabase() } }
            group.addTask { try await self.spread(self.options.freezes) { try await self.freeze(pool) } }
            group.addTask { try await self.spread(self.options.cuts) { try await self.cut(pool) } }
            if let replies = self.replies {
                // The statement is anybody's, and anywhere in what it is part of.
                group.addTask {
                    try await self.spread(self.options.lostReplies) { replies.loseOne(after: self.random(below: 12)) }
                }
            }
            if self.options.isPooled {
                group.addTask { try await self.spread(self.options.poolerKills) { try await self.killPooler() } }
            }
            if self.options.holdsSnapshot { group.addTask { try await self.holdSnapshot(pool) } }
            if self.options.expandsSchema { group.addTask { try await self.expandSchema(pool) } }
            try await group.waitForAll()
        }
        // What had a number is done; the run goes on.
        while true { try await Task.sleep(for: .seconds(3_600)) }
    }

    /// Waits until a share of the work is done.
    func reach(_ share: Double) async throws {
        let wanted = Int(share * Double(self.options.posts))
        while self.state.withLock({ $0.published }) < wanted { try await Task.sleep(for: .milliseconds(20)) }
    }

    func count(_ change: (inout Counts) -> Void) { self.state.withLock { change(&$0.counts) } }

    func random(below bound: Int) -> Int {
        self.state.withLock { Int.random(in: 0..<max(1, bound), using: &$0.generator) }
    }

    func setFrozen(_ worker: Int, _ isFrozen: Bool) {
        self.state.withLock { state in
            if isFrozen { state.frozen.insert(worker) } else { state.frozen.remove(worker) }
        }
    }

    /// Does something a number of times, evenly over the work, each at the earliest when its share is done.
    private func spread(_ times: Int, _ body: () async throws -> Void) async throws {
        guard times > 0 else { return }
        for number in 1...times {
            try await self.reach(Double(number) / Double(times + 1))
            try await body()
        }
    }

    /// Kills a random worker again and again.
    private func killLoop() async throws {
        guard let pause = self.options.killEvery else { return }
        while true {
            try await Task.sleep(for: pause)
            let victim = self.random(below: self.running.workers.count)
            // Who stands still is to be found dead by the others, and to come back.
            let (isFrozen, isPatient) = self.state.withLock { ($0.frozen.contains(victim), $0.isPatient) }
            if !isFrozen, !isPatient { self.kill(victim) }
        }
    }

    /// Kills one that the tour has no other use for when the flood is over; as seldom as who is to find it dead needs to.
    private func helpTour() async throws {
        guard let tour = self.tour else { return }
        while true {
            try await Task.sleep(for: .seconds(6))
            guard self.state.withLock({ $0.isPatient }) else { continue }
            let victims = tour.victims(of: self.running.workers.count)
            if !victims.isEmpty { self.kill(victims[self.random(below: victims.count)]) }
        }
    }

    /// Kills the first worker unless one was killed before: however fast the work is, one dies in the middle of it.
    func killOnce() {
        if self.options.killEvery != nil, self.counts.kills == 0 { self.kill(0) }
    }

    private func kill(_ victim: Int) {
        let signal = self.options.terminates ? SIGTERM : SIGKILL
        if self.running.workers.kill(victim, with: signal) != nil { self.count { $0.kills += 1 } }
    }

    /// Restarts PostgreSQL: its sessions end at once and it recovers from its log, as after a crash.
    private func restartDatabase() throws {
        let file = "\(self.folder.postgres)/postmaster.pid"
        guard let text = try? String(contentsOfFile: self.postmasterFile(file), encoding: .utf8),
            let line = text.split(separator: "\n").first, let process = Int32(line)
        else { throw CommandError(.failed, "the database to restart was not found", details: ["looked for \(file)"]) }
        Foundation.kill(process, SIGQUIT)
        self.count { $0.restarts += 1 }
    }

    /// The cluster's data may stand one folder deeper.
    private func postmasterFile(_ file: String) -> String {
        if FileManager.default.fileExists(atPath: file) { return file }
        return "\(self.folder.postgres)/data/postmaster.pid"
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
