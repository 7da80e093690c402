// SPDX-License-Identifier: MIT

import Synchronization

/// The slots of one queue of a worker, and the tasks that wait for them.
package final class WorkSlots: Sendable {
    /// What a task waits for.
    fileprivate enum Goal {
        case slot
        case fence
    }

    fileprivate struct Waiter {
        var number: Int
        var goal: Goal
        var since = ContinuousClock.now
        /// When waiting makes no sense any more.
        var end: ContinuousClock.Instant?
        var continuation: CheckedContinuation<Void, any Error>
    }

    fileprivate struct Run {
        /// Whether how long it holds a slot says anything.
        var teaches: Bool
        /// Whether it has had no slot yet.
        var isFresh = true
    }

    fileprivate struct State {
        var line: SlotLine
        /// The runs that have not ended.
        var open: [SlotLine.Run: Run] = [:]
        var waiters: [SlotLine.Run: [Waiter]] = [:]
        var lastNumber = 0
    }

    /// A task that goes on, outside the lock.
    fileprivate struct Answer {
        var continuation: CheckedContinuation<Void, any Error>
        var error: CancellationError?
    }

    /// How long a run waits for its first slot before its job goes back: far longer than the jobs ahead are expected to wait.
    static let patience = Duration.seconds(2)

    private let state: Mutex<State>

    /// Makes so many free slots.
    package init(_ count: Int) { self.state = Mutex(State(line: SlotLine(slots: count))) }

    /// How many slots are held.
    package var heldCount: Int { self.state.withLock { $0.line.heldCount } }
    /// How many are in the line, those in the fence included.
    package var lineCount: Int { self.state.withLock { $0.line.lineCount } }
    /// How many runs wait.
    package var waitingCount: Int { self.state.withLock { $0.waiters.count } }
    /// How many jobs may be claimed beyond the slots now.
    var ahead: Int { self.state.withLock { $0.line.ahead(at: .now) } }

    /// The slot of a run that begins.
    ///
    /// - Parameters:
    ///   - run: The run's lease number.
    ///   - isWhole: Whether the run holds it until its end.
    /// - Returns: The slot, which ``close(_:)`` must end.
    package func open(_ run: Int64, isWhole: Bool) -> RunSlot {
        self.state.withLock { $0.open[run] = Run(teaches: !isWhole) }
        return RunSlot(slots: self, run: run, isWhole: isWhole)
    }

    // MARK: For RunSlot

    func take(_ run: SlotLine.Run, until end: ContinuousClock.Instant?) async throws {
        let isThere = self.state.withLock { state in
            guard let facts = state.open[run], state.line.takeAtOnce(run, teaches: facts.teaches, at: .now) else {
                return false
            }
            state.open[run]?.isFresh = false
            return true
        }
        if !isThere { try await self.wait(run, for: .slot, until: end) }
    }

    func enterFence(_ run: SlotLine.Run) async throws { try await self.wait(run, for: .fence) }

    func giveBack(_ run: SlotLine.Run) {
        self.change { state in state.answers(to: state.line.giveBack(run, at: .now)) }
    }

    /// Ends a run: what it holds is free, and what still works for it gets no slot any more.
    func close(_ run: SlotLine.Run) {
        self.change { state in
            state.open[run] = nil
            let left = state.waiters.removeValue(forKey: run) ?? []
            let steps = state.line.giveBack(run, at: .now) + state.line.leave(run, at: .now)
            return left.map { Answer(continuation: $0.continuation, error: CancellationError()) }
                + state.answers(to: steps)
        }
    }

    /// Lets those go on that wait for a slot although their time is over.
    func endLate(at now: ContinuousClock.Instant) {
        self.change { state in
            state.waiters.keys.sorted().flatMap { run in
                state.stopWaiting(run, error: nil) { $0.end.map { $0 <= now } ?? false }
            }
        }
    }

    /// The runs that have waited for their first slot for too long: their jobs came too many, and another worker may have a slot free.
    func stuck(at now: ContinuousClock.Instant) -> Set<SlotLine.Run> {
        self.state.withLock { state in
            Set(
                state.waiters.filter { run, waiters in
                    state.open[run]?.isFresh == true && waiters.contains { $0.since + Self.patience <= now }
                }.keys)
        }
    }

    /// Waits in the line; a cancelled task leaves it at once.
    private func wait(
        _ run: SlotLine.Run, for goal: Goal, until end: ContinuousClock.Instant? = nil
    ) async throws {
        let number = self.state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let waiter = Waiter(number: number, goal: goal, end: end, continuation: continuation)
                // Asked under the lock: a task that is cancelled later finds its waiter there.
                self.change { $0.join(run, waiter, isCancelled: Task.isCancelled) }
            }
        } onCancel: {
            self.change { state in state.stopWaiting(run, error: CancellationError()) { $0.number == number } }
        }
    }

    private func change(_ body: (inout State) -> [Answer]) {
        for answer in self.state.withLock({ body(&$0) }) {
            if let error = answer.error {
                answer.continuation.resume(throwing: error)
            } else {
                answer.continuation.resume()
            }
        }
    }
}

extension WorkSlots.State {
    fileprivate mutating func join(
        _ run: SlotLine.Run, _ waiter: WorkSlots.Waiter, isCancelled: Bool
    ) -> [WorkSlots.Answer] {
        guard let facts = self.open[run] else {
            return [WorkSlots.Answer(continuation: waiter.continuation, error: CancellationError())]
        }
        self.waiters[run, default: []].append(waiter)
        var steps: [SlotLine.Step]
        switch waiter.goal {
        case .slot:
            steps = self.line.take(run, teaches: facts.teaches, at: .now)
            // Another task of the run may have got it.
            if self.line.holds(run) { steps.append(.slot(run)) }
        case .fence: steps = self.line.enterFence(run, at: .now)
        }
        var answers = self.answers(to: steps)
        if isCancelled {
            answers += self.stopWaiting(run, error: CancellationError()) { $0.number == waiter.number }
        }
        return answers
    }

    /// Those whose wait is over by what the line says.
    fileprivate mutating func answers(to steps: [SlotLine.Step]) -> [WorkSlots.Answer] {
        var answers: [WorkSlots.Answer] = []
        var steps = steps[...]
        while let step = steps.popFirst() {
            switch step {
            case .slot(let run), .fence(let run): self.open[run]?.isFresh = false
            }
            switch step {
            case .slot(let run): answers += self.remove(run) { $0.goal == .slot }
            case .fence(let run):
                answers += self.remove(run) { $0.goal == .fence }
                // Another task of the run waits for a slot at the same place.
                if self.waiters[run] != nil { steps += self.line.take(run, at: .now) }
            }
        }
        return answers
    }

    /// Ends waits that lead nowhere; a run without any leaves the line.
    fileprivate mutating func stopWaiting(
        _ run: SlotLine.Run, error: CancellationError?, where isOver: (WorkSlots.Waiter) -> Bool
    ) -> [WorkSlots.Answer] {
        let ended = self.remove(run, where: isOver).map {
            WorkSlots.Answer(continuation: $0.continuation, error: error)
        }
        guard !ended.isEmpty, self.waiters[run] == nil else { return ended }
        return ended + self.answers(to: self.line.leave(run, at: .now))
    }

    private mutating func remove(
        _ run: SlotLine.Run, where isWanted: (WorkSlots.Waiter) -> Bool
    ) -> [WorkSlots.Answer] {
        let all = self.waiters[run] ?? []
        let rest = all.filter { !isWanted($0) }
        self.waiters[run] = rest.isEmpty ? nil : rest
        return all.filter(isWanted).map { WorkSlots.Answer(continuation: $0.continuation) }
    }
}
