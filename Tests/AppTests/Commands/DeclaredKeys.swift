// SPDX-License-Identifier: MIT

import ArgumentParser
import Foundation
import Testing

@testable import App

/// The JSON keys that a command's help declares.
struct DeclaredKeys {
    /// What each means, by key.
    var meanings: [String: String] = [:]
    var keys: Set<String> { Set(self.meanings.keys) }

    init(_ words: [String]) throws {
        var command: any ParsableCommand.Type = RootCommand.self
        for word in words {
            command = try #require(command.configuration.subcommands.first { $0._commandName == word }, "\(word)")
        }
        let lines = command.configuration.discussion.split(separator: "\n", omittingEmptySubsequences: false)
        for line in lines.drop(while: { $0 != "JSON KEYS:" }).dropFirst().prefix(while: { $0.hasPrefix("  ") }) {
            let parts = line.dropFirst(2).split(separator: " ", maxSplits: 1)
            self.meanings[String(parts[0])] = parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
        }
    }
}
