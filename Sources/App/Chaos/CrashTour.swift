// SPDX-License-Identifier: MIT

import Foundation
import JobQueue
import Synchronization

/// Sends workers to their death at every named point in turn.
///
/// Each worker that starts is given the next point. Who dies of something else before it gets there gives the point back, and
/// another one is sent there later: it ends when somebody has died at each.
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
        /// How much of each worker's log was read.
        var read: [Int: UInt64] = [:]
        var deaths: [CrashPoint: Int] = [:]
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

    /// Whether a worker is on its way to a point: it is to die there, and not before.
    func isOnItsWay(_ worker: Int) -> Bool { self.state.withLock { $0.given[worker] != nil } }

    /// Gives a worker that starts its point.
    ///
    /// - Parameter worker: which one, from 0; the process before it is dead.
    /// - Returns: the variables that tell it so; none when nothing is left for it.
    func start(of worker: Int) -> [String: String] {
        let log = "\(self.logs)/worker-\(worker + 1).log"
        return self.state.withLock { state in
            let words = Self.words(log, from: &state.read[worker, default: 0])
            let deaths = CrashMarks.deaths(in: words)
            state.deaths.merge(deaths, uniquingKeysWith: +)
            if let stop = state.given.removeValue(forKey: worker), deaths[stop.point] == nil {
                state.open.append(stop)
            }
            guard !state.open.isEmpty else { return [:] }
            let stop = state.open.removeFirst()
            state.given[worker] = stop
            return ["POSTHORN_CRASH_AT": "\(stop.point):\(stop.visit)"]
        }
    }

    /// Leaves only those points on the tour at which nobody has died yet, each at its first visit.
    func shorten() {
        self.state.withLock { state in
            let given = Set(state.given.values.map(\.point))
            state.open = CrashPoint.all.filter { state.deaths[$0] == nil && !given.contains($0) }
                .map { Stop(point: $0, visit: 1) }
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
