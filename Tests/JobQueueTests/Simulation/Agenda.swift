// SPDX-License-Identifier: MIT

import Domain

@testable import JobQueue

/// What happens next, to whom.
enum Event: Sendable {
    /// How a message gets there.
    enum Delivery: Sendable {
        case answered, unanswered
    }

    case start
    case fault
    case beat(Int)
    case claim(Int, QueueName)
    case tend(Int)
    case watch(Int)
    case write(Int)
    case stopWaiting(Int)
    case exit(Int)
    case begin(Int, Int64)
    case worked(Int, Int64)
    case depart(Int, Int64, send: Int, notAfter: Int)
    case looked(Int, Int64, send: Int, loadedAt: Int)
    case again(Message)
    case reach(Message, Delivery)
    case answer(Message, Answer)
    case arrive(ModelPlatform.Request)
    case reply(ModelPlatform.Request, ModelPlatform.Reply)
    case gaveUp(ModelPlatform.Request)

    /// The process in which it happens; nil for the database, the platform and fate.
    var worker: Int? {
        switch self {
        case .start, .fault, .reach, .arrive: nil
        case .beat(let worker), .claim(let worker, _), .tend(let worker), .watch(let worker), .write(let worker),
            .stopWaiting(let worker), .exit(let worker), .begin(let worker, _), .worked(let worker, _),
            .depart(let worker, _, _, _), .looked(let worker, _, _, _):
            worker
        case .again(let message), .answer(let message, _): message.worker
        case .reply(let request, _), .gaveUp(let request): request.worker
        }
    }

    /// Whether the world is not at rest before it has happened.
    var isWork: Bool {
        switch self {
        case .fault, .beat, .claim, .tend, .watch: false
        case .again(let message), .reach(let message, _), .answer(let message, _): message.isWork
        default: true
        }
    }
}

/// Events in the order of their times; of two at the same time the seed has drawn the first.
struct Agenda: Sendable {
    private var entries: [(at: Int, order: UInt64, event: Event)] = []
    /// How many are work.
    private(set) var work = 0

    var isEmpty: Bool { self.entries.isEmpty }

    mutating func add(_ event: Event, at time: Int, order: UInt64) {
        if event.isWork { self.work += 1 }
        var low = 0
        var high = self.entries.count
        while low < high {
            let middle = (low + high) / 2
            let entry = self.entries[middle]
            if entry.at > time || (entry.at == time && entry.order > order) { low = middle + 1 } else { high = middle }
        }
        self.entries.insert((time, order, event), at: low)
    }

    mutating func next() -> (at: Int, event: Event)? {
        guard let entry = self.entries.popLast() else { return nil }
        if entry.event.isWork { self.work -= 1 }
        return (entry.at, entry.event)
    }
}
