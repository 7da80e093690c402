// SPDX-License-Identifier: MIT

package import PQClient

/// What a module above the queue needs done again and again for the whole fleet, and asks others for, so that it has no one transaction.
///
/// Each worker comes by; that two do not do the same is the errand's own business.
package protocol Errand: Sendable {
    /// Its name, for logs.
    var name: String { get }

    /// Does a bounded number of things.
    ///
    /// - Parameters:
    ///   - pool: The database.
    ///   - isDraining: Whether the worker stops: then it begins nothing more.
    /// - Returns: What it did.
    /// - Throws: What kept it from going on; another round comes.
    func run(_ pool: ConnectionPool, isDraining: @Sendable () -> Bool) async throws -> HousekeepingReport
}

extension Worker {
    /// Runs the errands, until cancelled; apart from housekeeping, which waits for nobody outside.
    func errandLoop() async {
        while !Task.isCancelled {
            var isMore = false
            for errand in self.configuration.errands where !self.isDraining {
                do {
                    let report = try await errand.run(self.store.pool) { self.isDraining }
                    if report.count > 0 { self.onEvent(.kept(errand.name, report)) }
                    isMore = isMore || report.isMore
                } catch {
                    self.setback(errand.name, error)
                }
            }
            await self.pause(isMore ? .milliseconds(200) : self.configuration.retain)
        }
    }
}
