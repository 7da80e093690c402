// SPDX-License-Identifier: MIT

/// How a command ended, as a shell sees it.
package enum ExitStatus: Int32, Sendable, CaseIterable {
    /// Everything was done.
    case done = 0
    /// It failed.
    case failed = 1
    /// A part of a batch failed; the rest was done.
    case partlyFailed = 2
    /// The command line is wrong.
    case usage = 64
    /// The input data is wrong.
    case badData = 65
    /// What was named is not there.
    case notFound = 66
    /// The database or the platform cannot be reached.
    case unreachable = 69
    /// Something stands against it: a conflict or a missing precondition.
    case conflict = 73
    /// It took too long or is temporarily impossible; try again.
    case tryAgain = 75
    /// It is not permitted.
    case notPermitted = 77
    /// The configuration is wrong.
    case configuration = 78
    /// A person interrupted it.
    case interrupted = 130

    /// The name that error output carries: `not_found`.
    package var name: String {
        switch self {
        case .done: "done"
        case .failed: "failed"
        case .partlyFailed: "partly_failed"
        case .usage: "usage"
        case .badData: "bad_data"
        case .notFound: "not_found"
        case .unreachable: "unreachable"
        case .conflict: "conflict"
        case .tryAgain: "try_again"
        case .notPermitted: "not_permitted"
        case .configuration: "configuration"
        case .interrupted: "interrupted"
        }
    }
}
