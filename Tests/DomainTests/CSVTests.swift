// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import Domain

@Suite("CSV")
struct CSVTests {
    private func read(_ text: String, chunk: Int = 4096, maximum: Int = 1 << 20) throws -> [Result<CSVRow, CSVProblem>]
    {
        var rest = Array(text.utf8)[...]
        var reader = CSVReader(maximumRecordBytes: maximum) {
            defer { rest = rest.dropFirst(chunk) }
            return Array(rest.prefix(chunk))
        }
        var outcomes: [Result<CSVRow, CSVProblem>] = []
        while let outcome = try reader.next() { outcomes.append(outcome) }
        return outcomes
    }

    @Test("the same records come out wherever the pieces of a file are cut", arguments: [1, 2, 3, 7, 4096])
    func chunks(size: Int) throws {
        let text = "\u{FEFF}a,b\r\n\"x, \"\"y\"\"\r\nz\",2\r\n\r\nlast,\"\"\r3,4\n5,"
        let rows = try self.read(text, chunk: size).map { try $0.get() }
        #expect(
            rows == [
                CSVRow(line: 1, fields: ["a", "b"]), CSVRow(line: 2, fields: ["x, \"y\"\r\nz", "2"]),
                CSVRow(line: 5, fields: ["last", ""]), CSVRow(line: 6, fields: ["3", "4"]),
                CSVRow(line: 7, fields: ["5", ""]),
            ])
    }

    @Test("a row that breaks the rules is reported with its place, and the next one is read")
    func badRows() throws {
        let outcomes = try self.read("a,b\n1,x\"y\n2,\"x\"y\n3,ok\n4,\"open\n")
        #expect(outcomes.count == 5)
        let problems = outcomes.compactMap { outcome -> CSVProblem? in
            if case .failure(let problem) = outcome { problem } else { nil }
        }
        #expect(problems.map(\.line) == [2, 3, 5])
        #expect(problems.map(\.column) == ["2", "2", "2"])
        #expect(problems[2].reason.contains("never closed"))
        #expect(try outcomes[3].get() == CSVRow(line: 4, fields: ["3", "ok"]))
    }

    @Test("a record longer than allowed does not fill the memory, and reading goes on behind it")
    func longRecords() throws {
        let outcomes = try self.read("a\n\(String(repeating: "x", count: 5000))\nb\n", maximum: 1024)
        #expect(outcomes.count == 3)
        #expect(throws: CSVProblem.self) { try outcomes[1].get() }
        #expect(try outcomes[2].get().fields == ["b"])
        let lost = try self.read("a\n\"\(String(repeating: "x\n", count: 5000))", maximum: 1024)
        #expect(lost.count == 2)
        #expect(throws: CSVProblem.self) { try lost[1].get() }
    }

    @Test("text in another encoding is reported, not mangled")
    func encodings() throws {
        let bytes: [UInt8] = Array("name\nM".utf8) + [0xFC] + Array("ller\nok\n".utf8)
        var rest: [UInt8]? = bytes
        var reader = CSVReader {
            defer { rest = nil }
            return rest
        }
        _ = try reader.next()
        let second = try reader.next()
        let problem = #expect(throws: CSVProblem.self) { try second?.get() }
        #expect(problem?.reason.contains("UTF-8") == true)
        #expect(try reader.next()?.get().fields == ["ok"])
    }

    @Test("columns are found by name in any order and case; unknown ones are ignored, empty ones are absent")
    func tables() throws {
        var table = try CSVTable(CSVReader(text: "Extra, B ,a\n9, two ,1\n,,\n"), required: ["a", "b"])
        let row = try #require(try table.next()).get()
        #expect(row["a"] == "1" && row["b"] == "two" && row.raw("b") == " two " && row["c"] == nil)
        let empty = try #require(try table.next()).get()
        #expect(empty.line == 3 && empty["a"] == nil && empty["extra"] == nil)
        #expect(try table.next() == nil)
    }

    @Test("a row with too few or too many fields is reported")
    func fieldCount() throws {
        var table = try CSVTable(CSVReader(text: "a,b\n1\n1,2,3\n"), required: ["a"])
        let few = try table.next()
        let many = try table.next()
        #expect(
            #expect(throws: CSVProblem.self) { try few?.get() }?.description
                == "line 2: 1 fields where the header has 2")
        #expect(
            #expect(throws: CSVProblem.self) { try many?.get() }?.reason.contains("quote fields that hold a comma")
                == true)
    }

    @Test("a header that will not do is one clear error")
    func headers() {
        func message(_ text: String) -> String? {
            #expect(throws: CSVError.self) { _ = try CSVTable(CSVReader(text: text), required: ["a", "b"]) }?.message
        }
        #expect(message("")?.contains("the file is empty") == true)
        #expect(message("a,c\n") == "the required column is missing: b; the header (line 1) has: a, c")
        #expect(message("c,d\n")?.hasPrefix("the required columns are missing: a, b") == true)
        #expect(message("a;b\n")?.contains("semicolons") == true)
        #expect(message("a,b,A\n")?.contains("'a' twice") == true)
    }

    @Test(
        "what is written reads back as it was",
        arguments: [
            ["plain", "with,comma", "with \"quote\"", "two\nlines", "", " edge ", "é😀"],
            ["=1+1", "-12.5", "+49 30", "@x"],
        ])
    func writing(fields: [String]) throws {
        let line = CSVWriter(guardsFormulas: false).line(fields)
        #expect(line.hasSuffix("\r\n"))
        #expect(try self.read(line).map { try $0.get().fields } == [fields])
    }

    @Test("formulas are made harmless for spreadsheets, numbers are left alone")
    func formulas() {
        let writer = CSVWriter(guardsFormulas: true)
        #expect(writer.field("=HYPERLINK(\"x\")") == "\"'=HYPERLINK(\"\"x\"\")\"")
        #expect(writer.field("@name") == "'@name")
        #expect(writer.field("  =1") == "'  =1")
        #expect(writer.field("-12.5") == "-12.5")
        #expect(writer.field("-1+2") == "'-1+2")
        #expect(writer.field("plain") == "plain")
    }
}
