// SPDX-License-Identifier: MIT

package import PluginKit

/// Looks into files.
package protocol MediaProbing: Sendable {
    /// Finds out what a file's inside is like.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - type: Its MIME type, by its first bytes.
    /// - Returns: What is known.
    /// - Throws: ``MediaProbeError``, and `CancellationError`.
    func probe(_ path: String, type: String) async throws -> MediaFacts
}

/// Why nothing is known of a file's inside.
package enum MediaProbeError: Error, Sendable, Hashable {
    /// The program that looks is not on this machine.
    case missing(program: String, package: String)
    /// The program cannot make sense of the file: it is damaged, or not what it seems.
    case unreadable(String)
    /// The program did not come to an end, for reasons that are not the file's.
    case failed(String)
}

/// What happens to files that nobody could look into.
package enum MediaProbePolicy: String, Sendable, CaseIterable {
    /// They are refused.
    case required
    /// They are taken with a warning.
    case auto
    /// Nobody looks.
    case off
}
