// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PluginKit

/// One row of an import file: a post by column.
package struct ImportRow: Sendable {
    /// The line on which it begins, from 1.
    package var line: Int
    /// The client's slug, when the file says it.
    package var client: String?
    /// The accounts.
    package var accounts: [String] = []
    /// When, as written.
    package var at: String?
    /// The zone, as written.
    package var zone: String?
    /// The words.
    package var text = ""
    /// The files as written, relative to the import's folder.
    package var media: [String] = []
    /// The alternative texts, in the order of the files.
    package var alt: [String] = []
    /// The shape.
    package var format: String?
    /// The link.
    package var link: String?
    /// A comment right under the post.
    package var firstComment: String?
    /// The labels.
    package var labels: [String] = []
    /// The campaign.
    package var campaign: String?
    /// The content pillar.
    package var pillar: String?
    /// The key.
    package var key: String?
    /// Whether files may be made to fit, when the row says it.
    package var transcoding: Transcoding?
    /// Whether it stays a draft.
    package var isDraft = false
    /// Accounts' own words.
    package var variants: [String: String] = [:]
    /// Platforms' settings.
    package var settings: [String: String] = [:]

    /// Makes an empty row.
    package init(line: Int) { self.line = line }

    /// The columns that a file may have, as shown in messages.
    static let columns = [
        "client", "account", "accounts", "at", "tz", "text", "media", "alt", "format", "link", "first_comment", "label",
        "labels",
        "campaign", "pillar", "key", "state", "transcode",
    ]

    /// Takes one named field.
    ///
    /// - Parameters:
    ///   - name: The column, in lower case.
    ///   - value: The text; lists are separated by `|`.
    /// - Throws: `CSVProblem` for a value that cannot be.
    mutating func set(_ name: String, to value: String) throws(CSVProblem) {
        let list = value.split { $0 == "|" || $0 == ";" }.map { String($0).trimmed }.filter { !$0.isEmpty }
        switch name {
        case "client": self.client = value
        case "account", "accounts":
            self.accounts += list.flatMap { $0.split(separator: ",").map { String($0).trimmed } }
        case "at": self.at = value
        case "tz": self.zone = value
        case "text": self.text = value
        case "media": self.media = value.split(separator: "|").map { String($0).trimmed }
        case "alt": self.alt = value.split(separator: "|", omittingEmptySubsequences: false).map { String($0).trimmed }
        case "format": self.format = value.lowercased()
        case "link": self.link = value
        case "first_comment": self.firstComment = value
        case "label", "labels": self.labels += list
        case "campaign": self.campaign = value
        case "pillar": self.pillar = value
        case "key": self.key = value
        case "state":
            guard value == "draft" || value == "planned" else {
                throw CSVProblem(
                    line: self.line, column: "state", reason: "'\(value)' is neither 'draft' nor 'planned'")
            }
            self.isDraft = value == "draft"
        case "transcode":
            switch value {
            case "true": self.transcoding = .fit
            case "pad": self.transcoding = .pad
            case "false": self.transcoding = .offered
            default:
                throw CSVProblem(
                    line: self.line, column: "transcode", reason: "'\(value)' is neither 'true', 'pad' nor 'false'")
            }
        default:
            if let account = Self.suffix(of: name, after: "variant") {
                self.variants[account] = value
            } else if let setting = Self.suffix(of: name, after: "set") {
                self.settings[setting] = value
            }
        }
    }

    /// Whether a column has a meaning.
    static func knows(_ name: String) -> Bool {
        Self.columns.contains(name) || Self.suffix(of: name, after: "variant") != nil
            || Self.suffix(of: name, after: "set") != nil
    }

    private static func suffix(of name: String, after prefix: String) -> String? {
        for separator in [":", "."] where name.hasPrefix(prefix + separator) && name.count > prefix.count + 1 {
            return String(name.dropFirst(prefix.count + 1))
        }
        return nil
    }
}
