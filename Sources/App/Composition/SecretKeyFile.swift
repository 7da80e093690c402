// SPDX-License-Identifier: MIT

import Foundation
import Publishing

/// The key that `up` makes for a folder, readable by this user alone.
struct SecretKeyFile {
    private let path: String

    init(_ state: StateFolder) { self.path = state.secretKey }

    /// The key as configuration text; `nil` when none was made.
    func read() throws -> String? {
        guard FileManager.default.fileExists(atPath: self.path) else { return nil }
        guard let data = FileManager.default.contents(atPath: self.path) else {
            throw CommandError(
                .notPermitted, "cannot read the key in \(self.path)",
                remedy: "run the command as the user who ran `posthorn up`")
        }
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Makes a key, unless there is one.
    ///
    /// - Returns: whether it was made now.
    @discardableResult
    func make() throws -> Bool {
        guard try self.read() == nil else { return false }
        let text = Data((SecretKeys.generate() + "\n").utf8)
        guard
            FileManager.default.createFile(atPath: self.path, contents: text, attributes: [.posixPermissions: 0o600])
        else { throw CommandError(.notPermitted, "cannot write the key to \(self.path)") }
        return true
    }
}
