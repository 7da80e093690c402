// SPDX-License-Identifier: MIT

import PQClient

/// What happens to a job whose worker died while it ran.
///
/// It is stored with the job, so the rescuer needs to know nothing about the kind.
package enum Recovery: String, Sendable, Hashable, CaseIterable, PQConvertible {
    /// Run again at once: running twice is harmless.
    case requeue
    /// Run again at once; but while the outcome of something it sent is unknown the job waits, held, and a job of its own
    /// looks (kind ``JobKind/reconcile``).
    case reconcile
    /// Wait for a person.
    case hold
}
