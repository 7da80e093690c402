// SPDX-License-Identifier: MIT

/// Runs a body beside something that must be there all the time.
///
/// The body ends: the background is cancelled and awaited. The background fails: the body is cancelled and the failure thrown.
///
/// - Parameters:
///   - background: runs until it is cancelled.
///   - body: what needs it.
/// - Returns: the body's result.
/// - Throws: what either throws first.
func withBackground<Result: Sendable>(
    _ background: @Sendable @escaping () async throws -> Void, _ body: @Sendable @escaping () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result?.self) { group in
        group.addTask {
            do {
                try await background()
            } catch {
                // Whatever a call in its middle says of being broken off.
                try Task.checkCancellation()
                throw error
            }
            return nil
        }
        group.addTask { try await body() }
        defer { group.cancelAll() }
        while let next = try await group.next() {
            guard let result = next else { continue }
            group.cancelAll()
            do {
                while try await group.next() != nil {}
            } catch is CancellationError {
                // That is how a background ends that was told to.
            }
            return result
        }
        throw CancellationError()
    }
}
