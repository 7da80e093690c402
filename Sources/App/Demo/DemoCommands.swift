// SPDX-License-Identifier: MIT

import Foundation

/// The commands that a demo offers at its end; each works in the folder it was run in.
enum DemoCommands {
    /// Lists them.
    ///
    /// - Parameters:
    ///   - state: Where the demo keeps everything.
    ///   - target: A target whose story is worth reading.
    /// - Returns: Three commands; the second one needs the first to run.
    static func list(state: StateFolder, target: String?) -> [DemoReport.Command] {
        let binary = Self.relative(CommandLine.arguments.first ?? "posthorn")
        let folder = "POSTHORN_STATE=" + Self.relative(state.path)
        let story = target.map { "post timeline \($0)" } ?? "post list --client hafenbrot"
        return [
            .init(line: "\(folder) \(binary) up", purpose: "go on where the demo ended, until ^C"),
            .init(line: "\(folder) \(binary) \(story)", purpose: "meanwhile: the post whose worker was killed"),
            .init(
                line: "\(binary) chaos --posts 300 --clients 6 --accounts 2",
                purpose: "kill a worker every second, count what is lost"),
        ]
    }

    /// A path as it is typed in a folder.
    static func relative(_ path: String, to folder: String = FileManager.default.currentDirectoryPath) -> String {
        path.hasPrefix(folder + "/") ? String(path.dropFirst(folder.count + 1)) : path
    }
}
