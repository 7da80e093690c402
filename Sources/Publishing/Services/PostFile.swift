// SPDX-License-Identifier: MIT

import Domain
package import Foundation
import PluginKit
import Yams

/// One post as a YAML file, with the keys of an import line; lists and nested keys where they read better.
///
/// ```yaml
/// accounts: [x, mock]
/// at: 2026-12-01T09:30
/// text: |
///   The new shoe is here.
/// media: [shoe.png]
/// alt: [A red shoe on a table]
/// variants:
///   x: The new shoe.
/// ```
package struct PostFile: Sendable {
    /// What the file says.
    package private(set) var row = ImportRow(line: 1)

    private var issues: [PostIssue] = []

    /// The keys that a file may have.
    private static let keys = [
        "account", "accounts", "at", "tz", "text", "media", "alt", "format", "link", "first_comment", "label", "labels",
        "campaign", "pillar", "key", "state", "transcode", "variants", "settings",
    ]

    /// Reads a file.
    ///
    /// - Throws: `ServiceError` with code `invalid`; its issues say line and column of everything that is wrong.
    package init(yaml data: Data) throws(ServiceError) {
        guard let text = String(data: data, encoding: .utf8) else {
            throw ServiceError(.invalid, "the file is no text in UTF-8")
        }
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            throw ServiceError(.invalid, "the file is no YAML", issues: [Self.issue(error)])
        }
        guard let mapping = root?.mapping else {
            throw ServiceError(
                .invalid, "the file is no post",
                issues: [
                    PostIssue(.error, field: Self.place(root?.mark), "there are no keys, as in text: Hello")
                ])
        }
        for (key, value) in mapping { self.take(key, value) }
        guard self.issues.isEmpty else { throw ServiceError(.invalid, "the file is no post", issues: self.issues) }
    }

    private mutating func take(_ key: Node, _ value: Node) {
        guard let name = key.scalar?.string, Self.keys.contains(name) else {
            let name = key.scalar?.string ?? ""
            let hint = NearestName.hint(name, in: Self.keys)
            return self.note(
                key,
                hint.isEmpty
                    ? "'\(name)' is no key of a post; there are: \(Self.keys.joined(separator: ", "))"
                    : "'\(name)' is no key of a post.\(hint)")
        }
        if value.null != nil { return }
        switch name {
        case "variants": self.row.variants = self.texts(value, of: name)
        case "settings": self.row.settings = self.texts(value, of: name)
        case "account", "accounts": self.row.accounts += self.list(value, of: name)
        case "media": self.row.media = self.list(value, of: name)
        case "alt": self.row.alt = self.list(value, of: name)
        case "label", "labels": self.row.labels += self.list(value, of: name)
        default:
            guard let scalar = value.scalar else { return self.note(value, "'\(name)' is one text, not several") }
            do {
                try self.row.set(name, to: Self.words(scalar))
            } catch {
                self.note(value, "'\(name)' \(error.reason)")
            }
        }
    }

    /// Several texts; one alone needs no brackets.
    private mutating func list(_ value: Node, of name: String) -> [String] {
        if let one = value.scalar { return [one.string] }
        guard let sequence = value.sequence else {
            self.note(value, "'\(name)' is a list, as in \(name): [one, two]")
            return []
        }
        return sequence.compactMap { item in
            if let text = item.scalar { return text.string }
            self.note(item, "an entry of '\(name)' is one text")
            return nil
        }
    }

    private mutating func texts(_ value: Node, of name: String) -> [String: String] {
        guard let mapping = value.mapping else {
            self.note(value, "'\(name)' has keys of its own, each with a text")
            return [:]
        }
        var texts: [String: String] = [:]
        for (key, value) in mapping {
            guard let key = key.scalar, let text = value.scalar else {
                self.note(value, "an entry of '\(name)' is one text")
                continue
            }
            texts[key.string] = Self.words(text)
        }
        return texts
    }

    /// A text without the line breaks that a block ends with: they belong to the file.
    private static func words(_ scalar: Node.Scalar) -> String {
        var text = scalar.string[...]
        while text.last?.isNewline == true { text.removeLast() }
        return String(text)
    }

    private mutating func note(_ node: Node, _ message: String) {
        self.issues.append(PostIssue(.error, field: Self.place(node.mark), message))
    }

    private static func place(_ mark: Mark?) -> String {
        mark.map { "line \($0.line), column \($0.column)" } ?? "line 1, column 1"
    }

    /// What the parser says; never the text around the mistake, which may be long.
    private static func issue(_ error: any Error) -> PostIssue {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            PostIssue(.error, field: Self.place(mark), problem)
        case .duplicatedKeysInMapping(let keys, let context):
            PostIssue(
                .error, field: Self.place(context.mark), "the same key twice: \(keys.sorted().joined(separator: ", "))")
        case .reader(let problem, _, _, _): PostIssue(.error, field: "line 1, column 1", problem)
        default: PostIssue(.error, field: "line 1, column 1", "it cannot be parsed")
        }
    }
}
