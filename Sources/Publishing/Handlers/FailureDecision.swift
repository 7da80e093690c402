// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import PluginKit

extension JobFailure {
    /// What a platform's refusal says in the queue's history.
    init(_ error: PluginError) {
        self.init(
            code: error.code.description, message: error.message, httpStatus: error.httpStatus,
            requestID: error.requestID)
    }
}

/// What the core does with a class of failure (`platforms/README`).
///
/// What needs a look at the platform first is decided before this.
enum FailureDecision {
    /// Whether an error is a defect of this program: not a platform's word, not the database's, not a cancellation or a lost lease, which the
    /// worker knows how to take.
    static func isOurs(_ error: any Error) -> Bool {
        !(error is PluginError || error is PQError || error is JobQueueError || error is CancellationError)
    }

    /// A defect as a failure: tried again by the usual pauses, because it may be one of the environment, then failed with its words.
    static func defect(_ error: any Error) -> PluginError {
        PluginError(.retryAfter, "the job could not be worked on: \(error)", underlying: error)
    }

    static func outcome(of error: PluginError, attempt: Int, maximumAttempts: Int) -> JobOutcome {
        let failure = JobFailure(error)
        switch error.code {
        case .rateLimited:
            return .keptBack(
                for: error.retryAfter ?? PlatformLimits.unsaidPause,
                reason: "rate-limited (\(error.scope.rawValue)): \(error.message)")
        case .retryAfter:
            if let pause = error.retryAfter {
                let advice = error.nextAction.map { " \($0)" } ?? ""
                return .deferredFor(pause, reason: error.message + advice)
            }
            var generator = SystemRandomNumberGenerator()
            let policy = RetryPolicy(maximumAttempts: maximumAttempts)
            guard let pause = policy.pause(after: attempt, using: &generator) else { return .failed(failure) }
            return .retry(after: pause, failure)
        case .needsHuman where AppStop.isMeant(error):
            // Of work that a stop of the app does not reach: whoever resumes the app lets it go on.
            return .held(reason: AppStop.word, failure)
        case .reauthorize, .needsHuman:
            return .held(reason: error.code.description, failure)
        case .ambiguousOutcome:
            return .held(reason: HoldReason.unknownOutcome, failure)
        default:
            return .failed(failure)
        }
    }
}
