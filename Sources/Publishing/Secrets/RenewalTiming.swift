// SPDX-License-Identifier: MIT

import Foundation
import PluginKit

/// When a platform's tokens are renewed, in seconds of the world.
struct RenewalTiming {
    /// How long before its end a token is renewed, unless its platform says.
    private static let longestMargin: TimeInterval = 300
    /// The longest pause after a renewal that failed while the token lives.
    private static let longestPause: TimeInterval = 3600

    /// How long before its end a token is renewed.
    let margin: TimeInterval
    /// The pause after a renewal that failed while the token lives: some tries fit into the margin.
    var pause: TimeInterval { min(self.margin / 5, Self.longestPause) }

    init(_ tokens: TokenLife) {
        let life = tokens.accessToken.map { Double($0.components.seconds) } ?? 3600
        self.margin =
            tokens.renewBefore.map { Double($0.components.seconds) } ?? min(Self.longestMargin, life / 10)
    }

    /// Whether a token that lives is to be renewed now.
    func isDue(_ tokens: TokenSet, triedAt: Date?, now: Date) -> Bool {
        guard let end = tokens.expiresAt, end <= now.addingTimeInterval(self.margin) else { return false }
        return triedAt.map { $0.addingTimeInterval(self.pause) <= now } ?? true
    }
}
