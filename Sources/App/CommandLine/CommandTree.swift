// SPDX-License-Identifier: MIT

import ArgumentParser

/// Finds mistyped commands, which the parser itself only calls unexpected.
enum CommandTree {
    /// The names of the commands that the arguments lead to, the binary's first.
    static func path(of arguments: [String]) -> [String] { self.walk(arguments).path }

    /// The error for a word where a subcommand was expected.
    static func unknownCommand(in arguments: [String]) -> CommandError? {
        let (path, node, rest) = self.walk(arguments)
        let names = self.subcommands(of: node).map { $0._commandName }
        guard !names.isEmpty, let word = rest.first, !word.hasPrefix("-") else { return nil }
        let command = path.joined(separator: " ")
        let close = Suggestion.closest(to: word, among: names)
        return .usage(
            "`\(command)` has no command “\(word)”",
            remedy: close.map { "did you mean `\(command) \($0)`?" } ?? "it has: \(names.joined(separator: ", "))")
    }

    private static func walk(
        _ arguments: [String]
    ) -> (path: [String], node: any ParsableCommand.Type, rest: ArraySlice<String>) {
        var node: any ParsableCommand.Type = RootCommand.self
        var path = [RootCommand._commandName]
        var rest = arguments[...]
        while let word = rest.first, let next = self.subcommands(of: node).first(where: { $0._commandName == word }) {
            node = next
            path.append(word)
            rest = rest.dropFirst()
        }
        return (path, node, rest)
    }

    private static func subcommands(of node: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
        node.configuration.subcommands
    }
}
