// SPDX-License-Identifier: MIT

package import Foundation

/// Files by content hash in a place that every machine of the fleet reaches over the network.
///
/// Nothing of a file is held in memory beyond one piece.
package protocol RemoteMedia: Sendable {
    /// The place, for people: `s3://bucket/prefix`.
    var location: String { get }

    /// Puts a file there; it is complete under its name, or absent.
    func put(file: URL, byteCount: Int64, hash: String) async throws

    /// The size of a file, or `nil` when it is not there.
    func size(of hash: String) async throws -> Int64?

    /// Reads a part of a file piece by piece, each when the one before was taken.
    func read(_ hash: String, _ range: ClosedRange<Int64>, _ body: (Data) async throws -> Void) async throws
}
