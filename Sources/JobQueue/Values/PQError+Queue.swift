// SPDX-License-Identifier: MIT

import PQClient

extension PQError {
    /// Whether the database is away or busy, so that the same call works later: nothing is wrong with the call.
    ///
    /// Only for calls that may be repeated when the first one took effect.
    var isTransient: Bool {
        var plain = self
        plain.outcomeUnknown = false
        return plain.isRetryable
    }
}
