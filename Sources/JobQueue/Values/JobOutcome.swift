// SPDX-License-Identifier: MIT

package import Foundation

/// How one run of a job ended, and so where the job goes.
///
/// Durations and dates are world time. A run that was asked to cancel and ends in `retry`, `deferred` or `released`
/// ends as cancelled.
package enum JobOutcome: Sendable, Hashable {
    /// Done.
    case succeeded
    /// The attempt failed and counts; again after the pause, or failed for good when no attempt is left.
    case retry(after: Duration, JobFailure)
    /// Not now; costs no attempt.
    case deferred(until: Date, reason: String)
    /// Not now, after a pause; costs no attempt.
    case deferredFor(Duration, reason: String)
    /// Not before the pause, because its lane is closed; costs no attempt and keeps its place in the lane.
    ///
    /// Whoever says so closes the lane in the same transaction, else the job is taken again at once.
    case keptBack(for: Duration, reason: String)
    /// Failed for good.
    case failed(JobFailure)
    /// Waits for a person.
    case held(reason: String, JobFailure?)
    /// Ended on request.
    case cancelled(reason: String)
    /// Given back untouched; costs no attempt and keeps its place.
    case released
}

/// Why an attempt failed, in a form that is safe to show: no tokens, no bodies.
package struct JobFailure: Sendable, Hashable {
    /// A word from a closed vocabulary of the handler: `rate-limited`, `reauthorize`.
    package var code: String
    /// One sentence for a person.
    package var message: String
    /// The status the outside system answered with.
    package var httpStatus: Int?
    /// The outside system's identity of the request.
    package var requestID: String?

    /// Makes a description of a failure.
    package init(code: String, message: String, httpStatus: Int? = nil, requestID: String? = nil) {
        self.code = code
        self.message = message
        self.httpStatus = httpStatus
        self.requestID = requestID
    }
}
