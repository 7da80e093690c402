// SPDX-License-Identifier: MIT

import PluginKit
import Synchronization

/// Which names of fields the API takes: contract 2.167 renamed `tweet.fields` to `post.fields` while every page of prose kept the old name.
enum XDialect: Sendable, Hashable {
    case tweets
    case posts

    /// The name of the parameter that lists the fields of a post.
    var fields: String { self == .tweets ? "tweet.fields" : "post.fields" }
    /// The other one.
    var other: Self { self == .tweets ? .posts : .tweets }
}

/// Remembers which names the API took last.
final class XDialectMemory: Sendable {
    private let state = Mutex(XDialect.tweets)

    /// The names to begin with.
    var current: XDialect { self.state.withLock { $0 } }

    /// Runs a read; when the API refuses it for the name of the fields' parameter, runs it once more with the other name and remembers that.
    func read<Answer: Sendable>(
        _ body: @Sendable (XDialect) async throws(PluginError) -> Answer
    ) async throws(PluginError) -> Answer {
        let first = self.current
        do {
            return try await body(first)
        } catch  where error.httpStatus == 400 && (error.field == first.fields || error.message.contains(first.fields))
        {
            let answer = try await body(first.other)
            self.state.withLock { $0 = first.other }
            return answer
        }
    }
}
