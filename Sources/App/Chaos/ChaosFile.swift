// SPDX-License-Identifier: MIT

import Foundation
import PluginKit
import Publishing

/// The files of a run with all formats, made as they are needed.
struct ChaosFile: Sendable {
    /// What a file is.
    enum Kind: String, Sendable {
        case picture, otherPicture, animation, film
    }

    let store: MediaStore
    let folder: URL

    /// A file in the store.
    ///
    /// - Parameters:
    ///   - kind: what it is.
    ///   - marker: what is written into it, so that the simulator's ledger knows it; the same kind and marker give the same file.
    /// - Throws: what writing and the store throw.
    /// - Returns: the file, as a post names it.
    func item(_ kind: Kind, marker: String?) async throws -> MediaItem {
        let file = self.folder.appendingPathComponent("\(kind.rawValue)-\(UUID().uuidString)")
        try self.content(kind, marker ?? "").write(to: file)
        // It was copied; what is left in the run's own folder goes with it.
        defer { try? FileManager.default.removeItem(at: file) }
        let stored = try await self.store.store(file: file)
        return MediaItem(hash: stored.hash, type: stored.type, byteCount: stored.byteCount, path: stored.path)
    }

    private func content(_ kind: Kind, _ marker: String) -> Data {
        switch kind {
        case .picture: Self.picture("one \(marker)")
        case .otherPicture: Self.picture("two \(marker)")
        case .animation: Data("GIF89a, moving".utf8)
        case .film: Data([0, 0, 0, 0x20]) + Data("ftypisom \(marker) ".utf8) + Data(repeating: 0x2E, count: 20_000)
        }
    }

    /// A grey JPEG of 1080 × 1080: one component, codes of one bit for “no difference” and “end of block”.
    private static func picture(_ comment: String) -> Data {
        func segment(_ kind: UInt8, _ bytes: [UInt8]) -> [UInt8] {
            [0xFF, kind, UInt8((bytes.count + 2) >> 8), UInt8((bytes.count + 2) & 0xFF)] + bytes
        }
        let oneCode: [UInt8] = [1] + [UInt8](repeating: 0, count: 15) + [0]
        let side: [UInt8] = [0x04, 0x38]
        // Two bits for each block of 8 × 8.
        let blocks = 135 * 135
        let bytes: [UInt8] =
            [0xFF, 0xD8] + segment(0xFE, Array(comment.utf8)) + segment(0xDB, [0] + [UInt8](repeating: 1, count: 64))
            + segment(0xC0, [8] + side + side + [1, 1, 0x11, 0]) + segment(0xC4, [0x00] + oneCode)
            + segment(0xC4, [0x10] + oneCode) + segment(0xDA, [1, 1, 0, 0, 63, 0])
            + [UInt8](repeating: 0, count: (blocks * 2 + 7) / 8) + [0xFF, 0xD9]
        return Data(bytes)
    }
}
