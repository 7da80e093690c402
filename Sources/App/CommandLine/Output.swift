// SPDX-License-Identifier: MIT

import Foundation
package import Telemetry

/// Where a command's words go: data on standard output, messages on standard error.
package struct Output: Sendable {
    /// How data is printed.
    package var format: OutputFormat
    /// Whether only ids are printed, and no messages but errors.
    package var isQuiet: Bool
    /// What the outputs are connected to.
    package var terminal: Terminal
    private let data: any LogSink
    private let messages: any LogSink

    /// Makes an output.
    ///
    /// - Parameters:
    ///   - format: how data is printed.
    ///   - isQuiet: whether only ids are printed.
    ///   - terminal: what the outputs are connected to.
    ///   - data: where data goes.
    ///   - messages: where messages go.
    package init(
        format: OutputFormat = .table, isQuiet: Bool = false, terminal: Terminal = .none,
        data: any LogSink = DescriptorSink.standardOutput, messages: any LogSink = DescriptorSink.standardError
    ) {
        self.format = format
        self.isQuiet = isQuiet
        self.terminal = terminal
        self.data = data
        self.messages = messages
    }

    /// Prints rows.
    package func show(_ listing: Listing) {
        if self.isQuiet {
            self.write(listing.rows.map { $0[listing.idKey].plain }.filter { !$0.isEmpty }.map { $0 + "\n" }.joined())
            return
        }
        switch self.format {
        case .table:
            let table = TableText(width: self.terminal.width, isColoured: self.terminal.coloursOutput)
            self.write(table.render(listing))
        case .json: self.write(Field.list(listing.rows.map { .record($0) }).prettyJSON() + "\n")
        case .jsonl: self.write(listing.rows.map { Field.record($0).json() + "\n" }.joined())
        case .csv:
            let keys = listing.columns.map(\.key)
            let rows = [keys] + listing.rows.map { row in keys.map { row[$0].plain } }
            self.write(rows.map { $0.map(Self.cell).joined(separator: ",") + "\r\n" }.joined())
        }
    }

    /// Prints one thing: its fields one below the other.
    ///
    /// - Parameters:
    ///   - record: the fields.
    ///   - idKey: the key that `--quiet` prints.
    package func show(_ record: Record, idKey: String = "id") {
        if self.isQuiet {
            self.write(record[idKey].plain + "\n")
            return
        }
        switch self.format {
        case .table: self.write(DetailText(isColoured: self.terminal.coloursOutput).render(record))
        case .json: self.write(Field.record(record).prettyJSON() + "\n")
        case .jsonl: self.write(Field.record(record).json() + "\n")
        case .csv:
            self.show(Listing(record.fields.map { Column($0.key, $0.key, "") }, rows: [record], idKey: idKey))
        }
    }

    /// Prints text that is data: SQL, a template, a rendered picture.
    package func text(_ text: String) { self.write(text.hasSuffix("\n") ? text : text + "\n") }

    /// Says something to the person, on standard error; silent with `--quiet`.
    package func note(_ message: String) {
        if !self.isQuiet { self.say(message + "\n") }
    }

    /// Says in passing what the command works on.
    package func hint(_ message: String) {
        self.note(Tone.muted.paint("· \(message)", self.terminal.coloursMessages))
    }

    /// Says that something worked.
    package func success(_ message: String) {
        self.note("\(Tone.good.paint("✓", self.terminal.coloursMessages)) \(message)")
    }

    /// Says that somebody should look; also with `--quiet`.
    package func warn(_ message: String) {
        self.say("\(Tone.warning.paint("warning:", self.terminal.coloursMessages)) \(message)\n")
    }

    /// Prints why a command stops.
    package func fail(_ error: CommandError) {
        guard self.format == .table else {
            let record = Record([
                "status": .integer(Int64(error.status.rawValue)), "name": .text(error.status.name),
                "message": .text(error.what), "details": .list(error.details.map { .text($0) }),
                "fix": .optional(error.remedy),
            ])
            self.say(Field.record(Record(["error": .record(record)])).json() + "\n")
            return
        }
        var text = "\(Tone.bad.paint("error:", self.terminal.coloursMessages)) \(error.what)\n"
        for detail in error.details { text += "  \(detail)\n" }
        if let remedy = error.remedy {
            text += "  \(Tone.strong.paint("fix:", self.terminal.coloursMessages)) \(remedy)\n"
        }
        self.say(text)
    }

    func say(_ text: String) { self.messages.write(Array(text.utf8)) }

    private func write(_ text: String) { self.data.write(Array(text.utf8)) }

    /// A CSV cell; text that a spreadsheet would run as a formula is kept as text.
    private static func cell(_ text: String) -> String {
        var text = text
        if let first = text.first, "=+-@\t\r".contains(first), Double(text) == nil { text = "'" + text }
        guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
        return "\"\(text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\""
    }
}
