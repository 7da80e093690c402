// SPDX-License-Identifier: MIT

import Foundation
import Telemetry
import Testing

@testable import App

@Suite("output")
struct OutputTests {
    private static let columns = [
        Column("id", "ID", "the id"), Column("name", "NAME", "the name", isFlexible: true),
        Column("posts", "POSTS", "how many"), Column("note", nil, "for programs"),
    ]

    private static let listing = Listing(
        columns,
        rows: [
            Record(["id": .text("a1"), "name": .text("Bäckerei 🥐"), "posts": .integer(12_345), "note": .none]),
            Record(["id": .text("b2"), "name": .text("=1+1"), "posts": .integer(7), "note": .text("x, \"y\"")]),
        ])

    private func shown(_ format: OutputFormat, isQuiet: Bool = false, width: Int? = nil) -> String {
        let sink = MemorySink()
        let terminal = Terminal(isOutputTerminal: width != nil, isErrorTerminal: false, width: width)
        Output(format: format, isQuiet: isQuiet, terminal: terminal, data: sink, messages: MemorySink()).show(
            Self.listing)
        return sink.lines.joined(separator: "\n")
    }

    @Test("a table aligns by terminal cells, with numbers to the right and no column that only programs need")
    func table() {
        #expect(
            self.shown(.table) == """
                ID  NAME          POSTS
                a1  Bäckerei 🥐  12,345
                b2  =1+1              7
                """)
    }

    @Test("a narrow terminal shortens flexible columns only")
    func narrow() {
        let lines = Listing(
            [Column("id", "ID", ""), Column("text", "TEXT", "", isFlexible: true)],
            rows: [Record(["id": .text("abcdefgh"), "text": .text("a text that is much too long for this terminal")])])
        let table = TableText(width: 30, isColoured: false).render(lines)
        #expect(table.split(separator: "\n").allSatisfy { String($0).displayWidth <= 30 })
        #expect(table.contains("abcdefgh"))
        #expect(table.contains("…"))
    }

    @Test("JSON is valid, keeps the keys' order and says null for what is not given")
    func json() throws {
        let text = self.shown(.json)
        let rows = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
        #expect(rows.count == 2)
        #expect(rows[0]["posts"] as? Int == 12_345)
        #expect(rows[0]["note"] is NSNull)
        #expect(rows[1]["note"] as? String == "x, \"y\"")
        let id = try #require(text.range(of: "\"id\""))
        let name = try #require(text.range(of: "\"name\""))
        #expect(id.lowerBound < name.lowerBound)
    }

    @Test("jsonl is one object a line")
    func jsonLines() throws {
        let lines = self.shown(.jsonl).split(separator: "\n")
        #expect(lines.count == 2)
        for line in lines { #expect(try JSONSerialization.jsonObject(with: Data(line.utf8)) is [String: Any]) }
    }

    @Test("CSV quotes by RFC 4180 and does not let a spreadsheet run text as a formula")
    func csv() {
        #expect(
            self.shown(.csv) == "id,name,posts,note\r\na1,Bäckerei 🥐,12345,\r\nb2,'=1+1,7,\"x, \"\"y\"\"\"\r")
    }

    @Test("--quiet prints ids only, whatever the format", arguments: OutputFormat.allCases)
    func quiet(_ format: OutputFormat) {
        #expect(self.shown(format, isQuiet: true) == "a1\nb2")
    }

    @Test("messages and errors never go where data goes")
    func streams() {
        let data = MemorySink()
        let messages = MemorySink()
        let output = Output(terminal: .none, data: data, messages: messages)
        output.note("working")
        output.fail(CommandError(.notFound, "there is no client “acm”", remedy: "did you mean “acme”?"))
        #expect(data.lines.isEmpty)
        #expect(messages.lines.joined() == "workingerror: there is no client “acm”\n  fix: did you mean “acme”?")
    }

    @Test("with JSON output an error is one JSON object with its exit code")
    func jsonError() throws {
        let messages = MemorySink()
        Output(format: .json, terminal: .none, data: MemorySink(), messages: messages)
            .fail(CommandError(.unreachable, "no database", details: ["connection refused"], remedy: "start it"))
        let line = try #require(messages.lines.first)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: [String: Any]])
        #expect(object["error"]?["status"] as? Int == 69)
        #expect(object["error"]?["fix"] as? String == "start it")
    }

    @Test("no colour without a terminal, colour on one")
    func colour() {
        let listing = Listing([Column("state", "STATE", "")], rows: [Record(["state": .state("failed")])])
        #expect(!TableText(width: nil, isColoured: false).render(listing).contains("\u{1B}"))
        #expect(Tone.plain.paint("x", true) == "x")
    }

    @Test(
        "times are shown with their zone, and as ISO 8601 with offset for programs",
        arguments: [
            ("Europe/Berlin", "2026-07-01 14:00:00 Europe/Berlin", "2026-07-01T14:00:00+02:00"),
            ("America/St_Johns", "2026-07-01 09:30:00 America/St_Johns", "2026-07-01T09:30:00-02:30"),
            ("GMT", "2026-07-01 12:00:00 UTC", "2026-07-01T12:00:00+00:00"),
        ])
    func times(_ zone: String, _ shown: String, _ iso: String) throws {
        let field = Field.time(Date(timeIntervalSince1970: 1_782_907_200), try #require(TimeZone(identifier: zone)))
        #expect(field.shown == shown)
        #expect(field.plain == iso)
        #expect(field.json() == "\"\(iso)\"")
    }

    @Test(
        "money and spans read well",
        arguments: [
            (Field.money(minorUnits: 2_005, currency: "EUR", places: 2), "20.05 EUR"),
            (.money(minorUnits: -5, currency: "EUR", places: 2), "-0.05 EUR"),
            (.money(minorUnits: 300, currency: "JPY", places: 0), "300 JPY"),
            (.duration(.milliseconds(12)), "12 ms"), (.duration(.seconds(3_900)), "1 h 5 min"),
            (.duration(.seconds(7_200)), "2 h"), (.bytes(1_500_000), "1.5 MB"), (.none, "–"),
        ])
    func units(_ field: Field, _ text: String) {
        #expect(field.shown == text)
    }

    @Test("text from outside cannot break a table's lines")
    func controlCharacters() {
        let listing = Listing([Column("t", "T", "")], rows: [Record(["t": .text("a\nb\u{1B}[31m")])])
        let table = TableText(width: nil, isColoured: false).render(listing)
        #expect(table == "T\na b [31m\n")
    }

    @Test("a progress bar counts up to its total and draws nothing without a terminal")
    func progress() {
        let messages = MemorySink()
        let bar = ProgressBar("importing", total: 200, output: Output(terminal: .none, messages: messages))
        bar.advance(by: 50)
        bar.finish()
        #expect(messages.lines.isEmpty)
        let line = bar.text(50, at: .now)
        #expect(line.contains("25 %"))
        #expect(line.contains("50/200"))
    }

    @Test(
        "the largest file of a platform is shown in the unit of its documents",
        arguments: [
            (5_000_000, "5 MB"), (512_000_000, "512 MB"), (4_000_000_000, "4 GB"), (10_485_760, "10 MiB"),
            (8_192, "8 KiB"), (1 << 30, "1 GiB"),
        ] as [(Int64, String)])
    func sizes(bytes: Int64, shown: String) { #expect(PluginDetails.size(bytes) == shown) }
}
