// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import PluginKit

extension ScriptedTransport {
    private struct Line: Encodable {
        var method: String
        var host: String
        var path: String
        var query: String
        var headers: [[String]]
        var body: String
        var size: Int
    }

    /// How many bytes the body has, those of a file included that the script does not read.
    private static func size(of sent: SentCall) -> Int {
        if case .file(_, _, let length) = sent.call.body { return Int(length) }
        return sent.body.count
    }

    /// Writes down what was asked, so that it is checked against the platforms' contracts, when the tests are run for that.
    ///
    /// The lines are those of the simulator's record file, in a file of its own in the folder that `POSTHORN_TEST_RECORDINGS` names; without
    /// that nothing is written.
    ///
    /// - Parameter name: The file's name without its end.
    /// - Throws: When the file cannot be written.
    public func record(as name: String) throws {
        guard let folder = ProcessInfo.processInfo.environment["POSTHORN_TEST_RECORDINGS"] else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let lines = try self.calls.map { sent in
            let target = sent.call.request.path ?? "/"
            let query = target.firstIndex(of: "?").map { String(target[target.index(after: $0)...]) } ?? ""
            let line = Line(
                method: sent.method.rawValue, host: sent.host, path: sent.path, query: query,
                headers: sent.call.request.headerFields.map { [$0.name.rawName.lowercased(), $0.value] },
                body: sent.text, size: Self.size(of: sent))
            return String(decoding: try encoder.encode(line), as: UTF8.self) + "\n"
        }
        try lines.joined().write(toFile: "\(folder)/\(name).jsonl", atomically: true, encoding: .utf8)
    }
}
