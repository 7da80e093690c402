// SPDX-License-Identifier: MIT

import Foundation

/// What the simulator lists in pages: its ledger and its log of calls.
enum LedgerPages {
    private struct Page<Entry: Decodable>: Decodable {
        var entries: [Entry]
        var nextAfter: Int?
        var forgotten: Int?
    }

    /// Reads all pages.
    ///
    /// - Parameter read: asks for what comes after a sequence number.
    /// - Throws: when the first of it is forgotten, and what the body and decoding throw.
    /// - Returns: everything in its order.
    static func read<Entry: Decodable>(_ read: (Int) async throws -> Data) async throws -> [Entry] {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        var entries: [Entry] = []
        var after: Int? = 0
        while let start = after {
            let page = try decoder.decode(Page<Entry>.self, from: await read(start))
            guard page.forgotten ?? 0 == 0 else {
                throw CommandError(.failed, "the simulator no longer knows the first calls of this run")
            }
            entries += page.entries
            after = page.nextAfter
        }
        return entries
    }
}

extension PlatformCall {
    /// Every call that the simulator logged.
    static func all(_ admin: SimulatorAdmin) async throws -> [PlatformCall] {
        try await LedgerPages.read { after in try await admin.calls(query: "after=\(after)&limit=20000") }
    }
}
