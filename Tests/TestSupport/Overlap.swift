// SPDX-License-Identifier: MIT

package import PQClient
import Synchronization

/// Whether something has ended.
private final class Ending: Sendable {
    private let state = Mutex(false)
    var isThere: Bool { self.state.withLock { $0 } }
    func come() { self.state.withLock { $0 = true } }
}

extension ConnectionPool {
    /// Runs two pieces of work that meet: the second begins when the first has written and not committed, and the first commits when the second
    /// waits for it or has ended.
    package func overlap(
        _ first: @Sendable (inout Transaction) async throws -> Void,
        _ second: @escaping @Sendable () async throws -> Void
    ) async throws {
        let ending = Ending()
        try await withThrowingTaskGroup(of: Void.self) { group in
            let isWritten = AsyncStream.makeStream(of: Void.self)
            group.addTask {
                for await _ in isWritten.stream { break }
                defer { ending.come() }
                try await second()
            }
            do {
                try await self.withTransaction { db in
                    try await first(&db)
                    isWritten.continuation.finish()
                    while !ending.isThere {
                        let isWaiting: Bool = try await db.query(
                            """
                            SELECT EXISTS (
                                SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))
                            """
                        ).single()
                        if isWaiting { break }
                        await Task.yield()
                    }
                }
            } catch {
                isWritten.continuation.finish()
                throw error
            }
            try await group.waitForAll()
        }
    }
}
