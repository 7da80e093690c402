// SPDX-License-Identifier: MIT

package import Foundation

/// Fetches files from addresses that a person gave, which may lead anywhere.
package protocol MediaFetching: Sendable {
    /// Fetches a file for the time of the body.
    ///
    /// - Parameters:
    ///   - address: The address as it was given.
    ///   - body: What takes the file, which is removed afterwards.
    /// - Returns: What the body returns.
    /// - Throws: `MediaError` with the reason for an address that is not safe, not reachable, or leads to no file that is taken.
    func withFile<Value: Sendable>(
        at address: String, _ body: (_ file: URL) async throws -> Value
    ) async throws -> Value
}
