// SPDX-License-Identifier: MIT

import Foundation

/// The worker processes of a local installation: started with it, kept alive, stopped with it.
package final class WorkerFleet: Sendable {
    private let members: [Supervised]

    init(_ members: [Supervised]) { self.members = members }

    /// How many there are to be.
    package var count: Int { self.members.count }
    /// The processes that run now.
    package var processIDs: [Int32] { self.members.compactMap(\.processID) }
    /// How often workers were started in all.
    package var starts: Int { self.members.reduce(0) { $0 + $1.starts } }

    /// Every process that a worker was so far.
    ///
    /// - Parameter index: which one, from 0.
    /// - Returns: the processes, the first one first.
    package func lives(of index: Int) -> [Supervised.Life] { self.members[index].lives }

    /// Kills a worker as a power failure would, without a chance to clean up, unless another signal is given; it is started again.
    ///
    /// - Parameters:
    ///   - index: which one, from 0.
    ///   - signal: what it is sent.
    /// - Returns: the process that was killed; `nil` when that one does not run at this moment.
    @discardableResult
    package func kill(_ index: Int, with signal: Int32 = SIGKILL) -> Int32? {
        guard self.members.indices.contains(index), let process = self.members[index].processID else { return nil }
        Foundation.kill(process, signal)
        return process
    }

    /// Keeps all of them running until the task is cancelled, then drains them.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for member in self.members { group.addTask { try await member.run() } }
            try await group.waitForAll()
        }
    }
}
