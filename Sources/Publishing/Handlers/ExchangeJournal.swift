// SPDX-License-Identifier: MIT

package import PluginKit
import Synchronization

/// The exchanges of one run with its platform, as far as the platform named them: what its support asks for.
///
/// ``JournaledHandler`` binds one around each run; the transport's recorder, which is called in the task that made the exchange, adds to
/// the one that is bound.
package final class ExchangeJournal: Sendable {
    private struct Entry {
        var permit: SendPermit?
        var requestID: String
    }

    /// The journal of the run that this task belongs to.
    @TaskLocal package static var current: ExchangeJournal?

    private let entries = Mutex<[Entry]>([])

    /// Makes an empty journal.
    package init() {}

    /// Adds an exchange.
    ///
    /// - Parameters:
    ///   - permit: The fence's permit, when its effect was a visible one.
    ///   - requestID: The platform's identity of the request; without one there is nothing to keep.
    package func add(permit: SendPermit?, requestID: String?) {
        guard let requestID else { return }
        self.entries.withLock { $0.append(Entry(permit: permit, requestID: requestID)) }
    }

    /// The identity of the request that was sent with a permit.
    func requestID(of permit: SendPermit) -> String? {
        self.entries.withLock { entries in entries.last { $0.permit == permit }?.requestID }
    }

    /// The identity of the request that the run stood or fell with: its last visible one, else its last one.
    var requestID: String? {
        self.entries.withLock { entries in (entries.last { $0.permit != nil } ?? entries.last)?.requestID }
    }
}
