// SPDX-License-Identifier: MIT

import JobQueue

/// What a chaos run came to, and what was done to it.
struct ChaosOutcome: Sendable {
    /// What was kept of what was promised.
    var verdict: ChaosVerdict
    /// How often each thing was done.
    var counts: ChaosMonkey.Counts
    /// How many posts there were in the end.
    var posts: Int
    /// Real seconds of the flood.
    var seconds: Double
    /// How often workers died at a named point, by point.
    var killedAt: [CrashPoint: Int] = [:]
    /// The points that workers were to die at and did not.
    var missed: [CrashPoint] = []

    /// Replies of the server that were lost on the wire.
    var replies = ReplyLoss.Counts()
    /// Workers whose clock was seen to be wrong.
    var clocks = 0

    /// The programs that workers were of.
    var binaries: [ChaosBinary] = []

    /// The programs of which no worker made an attempt: nothing is known of them.
    var untried: [ChaosBinary] { self.binaries.filter { $0.attempts == 0 } }

    /// Whether every promise was kept, by every program.
    var isKept: Bool { self.verdict.isKept(posts: self.posts) && self.untried.isEmpty }

    /// The outcome as the command shows it.
    func record(_ options: ChaosOptions) -> Record {
        let (verdict, counts) = (self.verdict, self.counts)
        return Record([
            "posts": .count(self.posts), "published": .count(verdict.targets["published"] ?? 0),
            "effects": .count(verdict.ledger.effects),
            "attempts": .count(verdict.ledger.attempts), "duplicates": .count(verdict.ledger.duplicates),
            "lost": .count(verdict.lost.count), "wrong": .count(verdict.wrong),
            "unknown": .count(verdict.unknown), "asked": .count(verdict.asked),
            "held": .count(verdict.held.values.reduce(0, +)),
            "violations": .count(verdict.history.queue.count + verdict.history.effects.count),
            "limits": .count(verdict.history.limitsChecked),
            "limits_reached": .count(verdict.history.limitsReached),
            "limit_violations": .count(verdict.history.limits.count),
            "calls": .count(verdict.history.calls),
            "kills": .count(counts.kills), "killed_at": self.deaths,
            "not_reached": .list(self.missed.map { .text($0.rawValue) }), "restarts": .count(counts.restarts),
            "freezes": .count(counts.freezes),
            "cuts": .count(counts.cuts), "lost_replies": .count(self.replies.lost),
            "lost_commits": .count(self.replies.committed),
            "pooler_kills": .count(counts.poolerKills),
            "snapshots": .count(counts.snapshots),
            "migrations": .count(counts.migrations),
            "clocks": .count(self.clocks),
            "binaries": .list(self.binaries.map(\.field)),
            "worker_starts": .count(verdict.workerStarts),
            "crashed": .count(verdict.runs["crashed"] ?? 0),
            "late": .count(verdict.runs["stale"] ?? 0),
            "failed": .count((verdict.runs["failed"] ?? 0) + (verdict.runs["retry"] ?? 0)),
            "reconciled": .count(verdict.reconciled),
            "seed": .count(Int(clamping: options.seed)), "seconds": .number(self.seconds, places: 1),
            "kept": .flag(self.isKept),
        ])
    }

    private var deaths: Field {
        .record(
            Record(
                entries: CrashPoint.all.compactMap { point in
                    self.killedAt[point].map { Record.Entry(key: point.rawValue, value: .count($0)) }
                }))
    }
}
