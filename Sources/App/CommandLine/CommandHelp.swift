// SPDX-License-Identifier: MIT

import ArgumentParser

extension CommandConfiguration {
    /// The help of one command: what it does, examples, the JSON keys of its output.
    ///
    /// - Parameters:
    ///   - name: the command's word.
    ///   - abstract: one sentence.
    ///   - details: what else a person must know, in short paragraphs.
    ///   - examples: command lines; a leading `posthorn` is added where there is none.
    ///   - keys: the columns of its output.
    ///   - subcommands: the commands below it.
    init(
        _ name: String, _ abstract: String, details: String = "", examples: [String] = [], keys: [Column] = [],
        subcommands: [any ParsableCommand.Type] = []
    ) {
        var sections: [String] = details.isEmpty ? [] : [Self.flowing(details)]
        if !examples.isEmpty {
            sections.append("EXAMPLES:\n" + examples.map { "  \(Self.line($0))" }.joined(separator: "\n"))
        }
        if !keys.isEmpty {
            let width = keys.map(\.key.count).max() ?? 0
            let lines = keys.map { "  \($0.key)\(String(repeating: " ", count: width - $0.key.count))  \($0.meaning)" }
            sections.append("JSON KEYS:\n" + lines.joined(separator: "\n"))
        }
        self.init(
            commandName: name, abstract: abstract, discussion: sections.joined(separator: "\n\n"),
            subcommands: subcommands)
    }

    /// Lines of a paragraph flow together, so that the reader's terminal decides where they break; blank and indented lines stay.
    static func flowing(_ text: String) -> String {
        var lines: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            let stays = line.isEmpty || line.hasPrefix(" ")
            if !stays, let last = lines.last, !last.isEmpty, !last.hasPrefix(" ") {
                lines[lines.count - 1] = "\(last) \(line)"
            } else {
                lines.append(line)
            }
        }
        return lines.joined(separator: "\n")
    }

    /// An example with another program in it, or with variables before ours, stands as it is.
    private static func line(_ example: String) -> String {
        example.contains("posthorn ") || example.hasPrefix("curl ") ? example : "posthorn \(example)"
    }
}
