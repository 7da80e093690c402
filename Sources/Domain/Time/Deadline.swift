// SPDX-License-Identifier: MIT

/// Something took longer than it may.
package struct DeadlineExceeded: Error {
    /// Makes the error.
    package init() {}
}

/// Runs a body that is cancelled when it takes longer than it may.
///
/// - Throws: ``DeadlineExceeded``, or what the body throws.
package func withDeadline<Value: Sendable>(
    _ limit: Duration, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            // Ends by cancellation when the body is done first.
            try? await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        if let first = try await group.next(), let value = first { return value }
        try Task.checkCancellation()
        throw DeadlineExceeded()
    }
}
