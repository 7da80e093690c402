// SPDX-License-Identifier: MIT

import Foundation
import JobQueue
import Synchronization

/// Sends workers to their death at every named point in turn.
///
/// Each worker that starts is given the next point. Who dies of something else before it gets there gives the point back, and
/// another one is sent there later; who is of a program that does not know the point is not sent there again. It ends when somebody has
/// died at each.
final class CrashTour: Sendable {
    /// A point, and at which visit of it a worker is to die.
    private struct Stop: Sendable, Hashable {
        var point: CrashPoint
        var visit: Int
    }

    private struct State {
        var open: [Stop]
        /// Where each worker is on its way to.
        var given: [Int: Stop] = [:]
        /// The points that each worker's program does not know.
        var refused: [Int: Set<CrashPoint>] = [:]
        /// Whether nobody is sent any more where somebody has died.
        var isShort = false
        /// How much of each worker's log was read.
        var read: [Int: UInt64] = [:]
        var deaths: [CrashPoint: Int] = [:]

        /// The next of the open stops that a worker may be sent to, by its place among them.
        func next(for worker: Int) -> Int? {
            self.open.firstIndex { stop in
                !(self.isShort && self.deaths[stop.point] != nil)
                    && self.refused[worker]?.contains(stop.point) != true
            }
        }
    }

    private let logs: String
    private let state: Mutex<State>

    /// Plans a tour.
    ///
    /// - Parameters:
    ///   - rounds: how often each point is to be died at; the first time at its first visit, the next at its second.
    ///   - logs: the folder with the workers' logs, which have their last words.
    init(rounds: Int, logs: String) {
        self.logs = logs
        let stops = (0..<rounds).flatMap { round in
            CrashPoint.all.map { Stop(point: $0, visit: round % Self.latestVisit + 1) }
        }
        self.state = Mutex(State(open: stops))
    }

    /// The latest visit that a worker dies at: seldom reached points are reached so often at least.
    private static let latestVisit = 5

    /// Where nobody has died yet.
    var missed: [CrashPoint] {
        self.state.withLock { state in CrashPoint.all.filter { state.deaths[$0] == nil } }
    }

    /// Gives a worker that starts its point.
    ///
    /// - Parameters:
    ///   - worker: which one, from 0; the process before it is dead, and only one starts at a time.
    ///   - exitCode: that of the process before it; `nil` when there was none or a signal ended it.
    /// - Returns: the variables that tell it so; none when nothing is left for it.
    func start(of worker: Int, after exitCode: Int32? = nil) -> [String: String] {
        let log = "\(self.logs)/worker-\(worker + 1).log"
        var place = self.state.withLock { $0.read[worker, default: 0] }
        let deaths = CrashMarks.deaths(in: Self.words(log, from: &place))
        return self.state.withLock { state in
            state.read[worker] = place
            state.deaths.merge(deaths, uniquingKeysWith: +)
            if let stop = state.given.removeValue(forKey: worker), deaths[stop.point] == nil {
                state.open.append(stop)
                if exitCode == ExitStatus.configuration.rawValue {
                    state.refused[worker, default: []].insert(stop.point)
                }
            }
            guard let next = state.next(for: worker) else { return [:] }
            let stop = state.open.remove(at: next)
            state.given[worker] = stop
            return ["POSTHORN_CRASH_AT": "\(stop.point):\(stop.visit)"]
        }
    }

    /// Leaves only those points on the tour at which nobody has died yet, each at its first visit.
    func shorten() {
        self.state.withLock { state in
            let given = Set(state.given.values.map(\.point))
            state.isShort = true
            state.open = CrashPoint.all.filter { state.deaths[$0] == nil && !given.contains($0) }
                .map { Stop(point: $0, visit: 1) }
        }
    }

    /// Who is to be killed so that the tour goes on when nobody else kills.
    ///
    /// - Parameter workers: how many workers there are.
    /// - Returns: those that have nowhere to die any more, if one of them would be sent to an open point when it starts again, or is to be found
    ///   dead by somebody; those that wait for a dead one to find, if all do; else nobody.
    func victims(of workers: Int) -> [Int] {
        self.state.withLock { state in
            let idlers = (0..<workers).filter { worker in
                state.given[worker].map { state.deaths[$0.point] != nil } ?? true
            }
            let takers = idlers.filter { state.next(for: $0) != nil }
            guard takers.isEmpty else { return takers }
            guard state.deaths[.afterRescue] == nil else { return [] }
            let isEverybodyWaiting = (0..<workers).allSatisfy { state.given[$0]?.point == .afterRescue }
            return isEverybodyWaiting ? Array(0..<workers) : idlers
        }
    }

    /// What a log has beyond a place.
    private static func words(_ log: String, from place: inout UInt64) -> Data {
        // Before its first start a worker has no log.
        guard let file = FileHandle(forReadingAtPath: log) else { return Data() }
        defer { try? file.close() }  // It was only read.
        do {
            try file.seek(toOffset: place)
            let words = try file.readToEnd() ?? Data()
            place += UInt64(words.count)
            return words
        } catch {
            // What cannot be read now is read at the next start; the point is given again until then.
            return Data()
        }
    }
}
