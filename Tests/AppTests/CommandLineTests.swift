// SPDX-License-Identifier: MIT

import ArgumentParser
import Foundation
import JobQueue
import PQClient
import Testing

@testable import App

@Suite("command line")
struct CommandLineTests {
    @Test("exit codes are those that scripts rely on")
    func exitCodes() {
        #expect(ExitStatus.allCases.map(\.rawValue) == [0, 1, 2, 64, 65, 66, 69, 73, 75, 77, 78, 130])
    }

    @Test(
        "a mistyped command is answered with the nearest right one",
        arguments: [
            (["migrte"], "did you mean `posthorn migrate`?"),
            (["worker", "lst"], "did you mean `posthorn worker list`?"),
            (["plguin", "list"], "did you mean `posthorn plugin`?"), (["dcotor"], "did you mean `posthorn doctor`?"),
        ])
    func typos(_ arguments: [String], _ remedy: String) throws {
        let error = try #require(CommandTree.unknownCommand(in: arguments))
        #expect(error.status == .usage)
        #expect(error.remedy == remedy)
    }

    @Test(
        "a right command is no typo",
        arguments: [["migrate", "up"], ["worker", "run", "--concurrency", "4"], [], ["--help"]])
    func rightCommands(_ arguments: [String]) {
        #expect(CommandTree.unknownCommand(in: arguments) == nil)
    }

    @Test(
        "a wrong command line exits 64",
        arguments: [["nonsense"], ["worker", "run", "--concurrency", "x"], ["up", "--bogus"]])
    func usage(_ arguments: [String]) async {
        #expect(await PosthornMain.run(arguments: arguments) == .usage)
    }

    @Test("every command has examples, and they parse")
    func examples() throws {
        for command in Self.leaves(RootCommand.self) {
            let text = command.configuration.discussion
            let lines = text.split(separator: "\n").filter { $0.hasPrefix("  posthorn ") }
            #expect(!lines.isEmpty, "\(command._commandName) has no examples")
            for line in lines {
                let words = Array(Self.words(String(line)).dropFirst())
                #expect(throws: Never.self, "\(line)") { try RootCommand.parseAsRoot(words) }
            }
        }
    }

    /// The words as a shell sees them, up to a pipe, a redirection or a comment.
    private static func words(_ line: String) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        for character in line {
            if let open = quote {
                if character == open { quote = nil } else { word = (word ?? "") + String(character) }
            } else if character == "\"" || character == "'" {
                quote = character
                word = word ?? ""
            } else if character == " " {
                if let finished = word { words.append(finished) }
                word = nil
            } else if "|><#".contains(character), word == nil {
                return words
            } else {
                word = (word ?? "") + String(character)
            }
        }
        return words + (word.map { [$0] } ?? [])
    }

    private static func leaves(_ command: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
        let below = command.configuration.subcommands
        return below.isEmpty ? [command] : below.flatMap { Self.leaves($0) }
    }

    @Test("the help's paragraphs flow, its tables stay")
    func flowing() {
        let text = "one\ntwo\n\n  kept\n  kept too\nthree\nfour"
        #expect(CommandConfiguration.flowing(text) == "one two\n\n  kept\n  kept too\nthree four")
    }

    @Test("suggestions come only for what is near", arguments: [("acm", "acme"), ("publsih", "publish"), ("zzz", nil)])
    func suggestions(_ word: String, _ expected: String?) {
        #expect(Suggestion.closest(to: word, among: ["acme", "publish", "metrics"]) == expected)
    }

    @Test("errors of the layers below get the exit code that fits")
    func mapping() {
        #expect(CommandError(describing: PQError(.connectFailed, "refused")).status == .unreachable)
        #expect(CommandError(describing: PQError(.timedOut, "slow")).status == .tryAgain)
        #expect(CommandError(describing: JobQueueError(.notFound, "no job")).status == .notFound)
        #expect(CommandError(describing: JobQueueError(.unknownEffect, "unknown")).status == .conflict)
        #expect(CommandError(describing: JobQueueError(.worldMismatch, "other world")).status == .configuration)
        #expect(CommandError(describing: CancellationError()).status == .interrupted)
    }
}
