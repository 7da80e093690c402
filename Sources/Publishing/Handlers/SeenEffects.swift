// SPDX-License-Identifier: MIT

import JobQueue
import Synchronization

/// The parts of an operation as a run has seen them, so that it does not read again what it wrote itself.
///
/// Nothing is decided by it that the fence does not decide again.
final class SeenEffects: Sendable {
    private let parts: Mutex<[Int: Effect]>
    private let isGapless = Mutex(true)

    /// Remembers what was read.
    init(_ effects: [Effect]) {
        self.parts = Mutex(Dictionary(effects.map { ($0.part, $0) }) { $1 })
    }

    /// A part, as it was seen last.
    subscript(part: Int) -> Effect? { self.parts.withLock { $0[part] } }

    /// Takes over newer news of parts.
    func saw(_ effects: [Effect]) {
        self.parts.withLock { parts in for effect in effects { parts[effect.part] = effect } }
    }

    /// Something was not written, or its answer not heard.
    func missed() { self.isGapless.withLock { $0 = false } }

    /// Every part in order; `nil` when only the database knows.
    var all: [Effect]? {
        guard self.isGapless.withLock(\.self) else { return nil }
        return self.parts.withLock { parts in parts.values.sorted { $0.part < $1.part } }
    }
}
