// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Foundation
import PluginKit
import Publishing

/// What a post says, as flags.
struct PostBodyOptions: ParsableArguments {
    @Option(
        name: .customLong("account"), help: ArgumentHelp("An account's slug; repeat for several.", valueName: "account")
    )
    var accounts: [String] = []
    @Option(help: ArgumentHelp("The words.", valueName: "text"))
    var text: String?
    @Option(
        help: ArgumentHelp("The post as a file: YAML, JSON or plain text, by its ending.", valueName: "file")
    )
    var file: String?
    @Option(
        name: .customLong("media"),
        help: ArgumentHelp("A picture or film, or its address; repeat for several.", valueName: "file|url"))
    var media: [String] = []
    @Option(
        name: .customLong("alt"),
        help: ArgumentHelp("The alternative text of each --media, in the same order.", valueName: "text"))
    var alt: [String] = []
    @Option(
        help: ArgumentHelp(
            "The shape: text, image, video, carousel, reel, story or thread; chosen when not given.",
            valueName: "format"))
    var format: String?
    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("A platform's setting; repeat for several.", valueName: "platform.name=value"))
    var settings: [String] = []
    @Option(
        name: .customLong("variant"),
        help: ArgumentHelp("One account's own words; repeat for several.", valueName: "account=text"))
    var variants: [String] = []
    @Option(help: ArgumentHelp("A link shown as a card.", valueName: "url"))
    var link: String?
    @Option(help: ArgumentHelp("A comment right under the post.", valueName: "text"))
    var firstComment: String?
    @Option(name: .customLong("label"), help: ArgumentHelp("A label; repeat for several.", valueName: "label"))
    var labels: [String] = []
    @Option(help: ArgumentHelp("The campaign.", valueName: "campaign"))
    var campaign: String?
    @Flag(name: .customLong("draft"), help: "Keep it as a draft.")
    var isDraft = false

    func validate() throws {
        guard self.text == nil || self.file == nil else { throw ValidationError("Give --text or --file, not both.") }
    }

    /// What stands in the file, or in its place in the flags, and the folder that its media lie in.
    func row() throws -> (row: ImportRow, folder: URL) {
        var row = ImportRow(line: 1)
        var folder = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
        if let file {
            let data = try CommandError.contents(of: file)
            let url = URL(fileURLWithPath: file)
            switch url.pathExtension.lowercased() {
            case "json":
                row = try Self.row(json: data, file: file)
                folder = url.deletingLastPathComponent()
            case "yaml", "yml":
                row = try Self.row(yaml: data, file: file)
                folder = url.deletingLastPathComponent()
            default: row.text = String(decoding: data, as: UTF8.self)
            }
        }
        if let text { row.text = text }
        return (row, folder)
    }

    /// The post without its time and key; its files are in the store.
    func draft(_ row: ImportRow, folder: URL, media library: MediaLibrary) async throws -> PostDraft {
        var draft = PostDraft(
            accounts: row.accounts + self.accounts.flatMap { $0.split(separator: ",").map(String.init) }, text: row.text
        )
        var intake = MediaIntake(library: library, folder: folder)
        let taken = try await intake.take(row.media + self.media, alt: row.alt + self.alt)
        draft.media = taken.items
        draft.fileNames = taken.names
        draft.mediaNotes = taken.notes
        draft.format = (self.format ?? row.format).map { PostFormat(rawValue: $0) }
        draft.link = self.link ?? row.link
        draft.firstComment = self.firstComment ?? row.firstComment
        draft.labels = row.labels + self.labels
        draft.campaign = self.campaign ?? row.campaign
        draft.pillar = row.pillar
        draft.isDraft = self.isDraft || row.isDraft
        draft.settings = row.settings
        draft.variants = row.variants
        for setting in self.settings {
            let (name, value) = try CommandError.pair(setting, of: "--set")
            draft.settings[name] = value
        }
        for variant in self.variants {
            let (name, value) = try CommandError.pair(variant, of: "--variant")
            draft.variants[name] = value
        }
        return draft
    }

    private static func row(yaml data: Data, file: String) throws -> ImportRow {
        do {
            return try PostFile(yaml: data).row
        } catch {
            throw CommandError(
                .badData, "\(file): \(error.message)", details: error.issues.map { "\($0)" },
                remedy: "`posthorn post create --help` shows the form of the file")
        }
    }

    private static func row(json data: Data, file: String) throws -> ImportRow {
        // One object, over as many lines as a person likes.
        let flat = Data(data.map { $0 == UInt8(ascii: "\n") ? UInt8(ascii: " ") : $0 })
        let parsed = try ImportFile(flat, format: .ndjson)
        guard let row = parsed.rows.first, parsed.problems.isEmpty else {
            throw CommandError(
                .badData, "\(file) is no post", details: parsed.problems.map { $0.reason },
                remedy: "write one JSON object with the keys of `posthorn post import --help`")
        }
        return row
    }
}
