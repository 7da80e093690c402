// SPDX-License-Identifier: MIT

import ArgumentParser
import Foundation
public import PluginKit

/// The whole program, for the binary of this package and for composed ones that bring plugins of their own.
public enum PosthornMain {
    /// Runs the command line and ends the process with the command's exit code.
    ///
    /// - Parameter plugins: the platforms that this binary can speak to.
    public static func run(plugins: [any CompiledPlugin.Type]) async -> Never {
        // A reader that closes its end of a pipe is told by the failed write, not by the end of the process.
        signal(SIGPIPE, SIG_IGN)
        let status = await Composition.$current.withValue(Composition(plugins: plugins)) {
            await Self.run(arguments: Array(CommandLine.arguments.dropFirst()))
        }
        exit(status.rawValue)
    }

    static func run(arguments: [String]) async -> ExitStatus {
        do {
            var command = try RootCommand.parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return .done
        } catch let finished as Finished {
            return finished.status
        } catch {
            return Self.report(error, arguments: arguments)
        }
    }

    /// Help and version are asked for and go to standard output; a mistake goes to standard error with the nearest right word.
    private static func report(_ error: any Error, arguments: [String]) -> ExitStatus {
        let code = RootCommand.exitCode(for: error)
        guard code != .success else {
            Output(terminal: .current()).text(RootCommand.fullMessage(for: error))
            return .done
        }
        let output = Output(format: Self.format(in: arguments), terminal: .current())
        let help = CommandTree.path(of: arguments).joined(separator: " ")
        if let mistake = CommandTree.unknownCommand(in: arguments) {
            output.fail(mistake)
        } else {
            output.fail(
                .usage(
                    RootCommand.message(for: error).singleLine, remedy: "`\(help) --help` shows what it takes"))
        }
        return .usage
    }

    private static func format(in arguments: [String]) -> OutputFormat {
        for (index, argument) in arguments.enumerated() where argument == "-o" || argument == "--output" {
            guard index + 1 < arguments.count else { continue }
            return OutputFormat(rawValue: arguments[index + 1]) ?? .table
        }
        return arguments.contains("--output=json") ? .json : .table
    }
}

/// What this binary is made of.
struct Composition: Sendable {
    /// The compiled-in platforms.
    var plugins: [any CompiledPlugin.Type] = []

    @TaskLocal static var current = Composition()
}

/// A command that has said everything and ends with a status.
struct Finished: Error {
    var status: ExitStatus
}
