// SPDX-License-Identifier: MIT

import Domain

@testable import JobQueue

/// A process of the fleet: the queue's own state machines, and what its tasks are doing.
struct ModelWorker: Sendable {
    /// A handler at work.
    struct Run: Sendable {
        var job: ClaimedJob
        var number: Int
        var operation: Int?
        var cause: CancelCause?
        var fencedAt = 0
        /// The request whose answer it waits for.
        var request: Int?
        /// Nobody waits for it any more; what it learns it still writes.
        var isAbandoned = false
    }

    /// Its identity, which changes when it was taken for dead.
    var identity: Int
    var table = RunTable(slots: ["work": 2, .reconcile: 1])
    let gate = SendGate()
    let completions = CompletionQueue()
    var boards: [QueueName: TurnBoard]
    var runs: [Int64: Run] = [:]
    /// How wrong its clock is.
    let skew: Int
    var frozenUntil = 0
    var isGone = false
    var isDraining = false
    var isWriting = false

    init(identity: Int, skew: Int, seed: UInt64) {
        self.identity = identity
        self.skew = skew
        self.boards = [
            "work": TurnBoard(generator: SeededGenerator(seed: seed)),
            .reconcile: TurnBoard(generator: SeededGenerator(seed: seed)),
        ]
    }
}

/// A call to the database on its way there and back.
struct Message: Sendable {
    enum Call: Sendable {
        case register
        case beat(RunTable.BeatMark)
        case claim(QueueName, [LaneShare], counted: [Lane: [Int]])
        case rescue
        case finish([Finish], ModelDatabase.Record?)
        case giveBack([Int64])
        case deregister
        case prepare
        case fence(token: Int)
        case find(token: Int)
        case settle(send: Int, outcome: String)
        case load
        case absentRead(send: Int, readAt: Int)
        /// For the broken variant: the token is taken when the call has left.
        case debit
    }

    /// Its place among the processes, and the identity it had.
    var worker: Int
    var identity: Int
    var issuedAt: Int
    /// The run that waits for it; 0 for the worker's own tasks.
    var lease: Int64 = 0
    var call: Call

    /// Whether somebody's fate hangs on it.
    var isWork: Bool {
        switch self.call {
        case .register, .beat, .rescue, .deregister: false
        case .claim(_, let shares, _): !shares.isEmpty
        default: true
        }
    }
}

/// What comes back.
enum Answer: Sendable {
    /// Nobody knows whether it was committed.
    case failed
    case done
    case beat(BeatAnswer)
    case claimed(LaneClaimAnswer, [SightedLane])
    case finished([FinishResult])
    case effect(ModelDatabase.EffectRow?, at: Int)
    case fenced(ModelDatabase.Fencing)
    case found(Int?)
    case read(EffectState?)
}

extension Message.Call: CustomStringConvertible {
    var description: String {
        switch self {
        case .register: "registers"
        case .beat: "beats"
        case .claim(let queue, let shares, _): "claims \(shares.reduce(0) { $0 + $1.count }) of \(queue)"
        case .rescue: "rescues"
        case .finish(let runs, _):
            runs.map { "ends \($0.job.lease.number) as \($0.outcome.word)" }.joined(separator: ", ")
        case .giveBack(let leases): "gives back \(leases)"
        case .deregister: "signs off"
        case .prepare: "prepares"
        case .fence(let token): "fences with token \(token)"
        case .find(let token): "looks for token \(token)"
        case .settle(let send, let outcome): "settles send \(send) as \(outcome)"
        case .load: "loads what it looks for"
        case .absentRead(let send, let readAt): "does not find send \(send) at \(readAt) ms"
        case .debit: "debits"
        }
    }
}

extension Answer: CustomStringConvertible {
    var description: String {
        switch self {
        case .failed: "nobody knows"
        case .done: "done"
        case .beat(let answer): answer.isAlive ? "lives with \((answer.leases ?? []).sorted())" : "is dead"
        case .claimed(let answer, _): "gets \(answer.jobs.map(\.lease.number))"
        case .finished(let results): "\(results)"
        case .effect(let effect, _): "\(effect?.state.rawValue ?? "nothing")"
        case .fenced(let fencing): "\(fencing)"
        case .found(let send): "\(send.map(String.init) ?? "nothing")"
        case .read(let state): "\(state?.rawValue ?? "not ours")"
        }
    }
}
