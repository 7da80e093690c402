// SPDX-License-Identifier: MIT

public import Domain
public import PluginKit

extension PluginError {
    /// The error that a body ends with; `nil` when it ends without one.
    public static func thrown(by body: () async throws(PluginError) -> Void) async -> PluginError? {
        do {
            try await body()
            return nil
        } catch {
            return error
        }
    }
}

extension Currency {
    /// Every currency that the domain knows, for rules that hold for all of them.
    public static let everyKnown: [Currency] = {
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ".map(String.init)
        return letters.flatMap { first in
            letters.flatMap { second in letters.compactMap { Currency(rawValue: first + second + $0) } }
        }
    }()
}
