// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Logging
import PQClient
import Synchronization
import Testing

@testable import JobQueue

/// A handler made of a closure.
struct ClosureHandler: JobHandler {
    var kind: JobKind
    var body: @Sendable (ClaimedJob, JobContext) async throws -> JobResult
    var word: (@Sendable (JobOutcome) -> Void)?
    var holdsSlot = true

    func run(_ job: ClaimedJob, _ context: JobContext) async throws -> JobResult { try await self.body(job, context) }

    func holdsSlot(in queue: QueueName) -> Bool { self.holdsSlot }

    func record(of outcome: JobOutcome, _ job: ClaimedJob) -> JobResult.Record? {
        guard let word else { return nil }
        return JobResult.Record { _ in word(outcome) }
    }
}

/// What a worker told, to be waited for.
final class EventLog: Sendable {
    private struct State {
        var events: [String] = []
        var waiters: [(name: String, count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    func add(_ name: String) {
        let ready = self.state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.events.append(name)
            let due = state.waiters.filter { waiter in state.events.count { $0 == waiter.name } >= waiter.count }
            state.waiters.removeAll { waiter in state.events.count { $0 == waiter.name } >= waiter.count }
            return due.map(\.continuation)
        }
        for continuation in ready { continuation.resume() }
    }

    /// Waits until something was told that often.
    func wait(for name: String, count: Int = 1) async {
        await withCheckedContinuation { continuation in
            let isThere = self.state.withLock { state in
                guard state.events.count(where: { $0 == name }) < count else { return true }
                state.waiters.append((name, count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    func count(_ name: String) -> Int { self.state.withLock { state in state.events.count { $0 == name } } }

    func record(_ event: WorkerEvent) {
        switch event {
        case .started: self.add("started")
        case .claimed: self.add("claimed")
        case .running(let job): self.add("running \(job.kind)")
        case .ran: self.add("ran")
        case .finished(_, let outcome, let result): self.add("\(outcome.word) \(result)")
        case .cancelling(_, let cause): self.add("cancelling \(cause.rawValue)")
        case .setback(let step, _): self.add("setback \(step)")
        case .fenced: self.add("fenced")
        case .died: self.add("died")
        case .outdated: self.add("outdated")
        case .rescued: self.add("rescued")
        case .scheduled(let report): self.add("scheduled \(report.fired)")
        case .retained: self.add("retained")
        case .kept(let name, let report): self.add("kept \(name) \(report.count)")
        case .snapshot(let alarm): self.add("snapshot \(alarm.level)")
        case .listening: self.add("listening")
        case .draining: self.add("draining")
        case .stopped: self.add("stopped")
        }
    }
}

extension QueueFixture {
    static let configuration: WorkerConfiguration = {
        var configuration = WorkerConfiguration(slots: ["work": 4])
        configuration.heartbeat = .milliseconds(50)
        configuration.poll = .milliseconds(50)
        configuration.promote = .milliseconds(20)
        configuration.schedule = .milliseconds(50)
        configuration.maintain = .milliseconds(100)
        configuration.retain = .milliseconds(100)
        configuration.watch = .milliseconds(50)
        configuration.listens = false
        return configuration
    }()

    /// Runs a worker while the body runs, then drains it.
    func withWorker<R: Sendable>(
        _ configuration: WorkerConfiguration = Self.configuration, handlers: [any JobHandler],
        _ body: @Sendable (Worker, EventLog) async throws -> R
    ) async throws -> R {
        let log = EventLog()
        let worker = try Worker(
            configuration, pool: self.pool, handlers: handlers, logger: Logger(label: "test"), onEvent: log.record)
        async let run: Void = worker.run()
        do {
            let value = try await body(worker, log)
            worker.drain()
            try await run
            return value
        } catch {
            worker.drain(within: .zero)
            try await run
            throw error
        }
    }
}
