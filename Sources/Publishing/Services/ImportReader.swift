// SPDX-License-Identifier: MIT

package import Domain
package import Foundation

/// The formats of an import file.
package enum ImportFormat: String, Sendable, CaseIterable {
    /// Comma-separated values with a header.
    case csv
    /// One JSON object a line.
    case ndjson

    /// Tells the format from a file's name; CSV unless the name says otherwise.
    package init(fileName: String) {
        let ending = fileName.split(separator: ".").last.map { $0.lowercased() } ?? ""
        self = ["ndjson", "jsonl", "json"].contains(ending) ? .ndjson : .csv
    }
}

/// What an import file holds: the rows that can be read, and what is wrong with the others.
package struct ImportFile: Sendable {
    /// The rows, in order.
    package var rows: [ImportRow] = []
    /// What is wrong, in order.
    package var problems: [CSVProblem] = []
    /// Columns without a meaning, which are left out.
    package var unknownColumns: [String] = []

    /// Reads a file.
    ///
    /// - Throws: `CSVError` when it is no such file at all.
    package init(_ data: Data, format: ImportFormat) throws {
        switch format {
        case .csv: try self.readCSV(data)
        case .ndjson: self.readNDJSON(data)
        }
    }

    private mutating func readCSV(_ data: Data) throws {
        var table = try CSVTable(CSVReader(text: String(decoding: data, as: UTF8.self)), required: ["at", "text"])
        guard table.columns.contains("account") || table.columns.contains("accounts") else {
            throw CSVError(
                "the required column is missing: account; the header has: \(table.columns.joined(separator: ", "))")
        }
        self.unknownColumns = table.columns.filter { !$0.isEmpty && !ImportRow.knows($0) }
        while let next = try table.next() {
            switch next {
            case .failure(let problem): self.problems.append(problem)
            case .success(let fields):
                var row = ImportRow(line: fields.line)
                do throws(CSVProblem) {
                    for column in table.columns {
                        // The words are taken as they stand; everything else without surrounding spaces.
                        guard let value = column == "text" ? Optional(fields.raw(column)) : fields[column] else {
                            continue
                        }
                        try row.set(column, to: value)
                    }
                    self.rows.append(row)
                } catch {
                    self.problems.append(error)
                }
            }
        }
    }

    private mutating func readNDJSON(_ data: Data) {
        var line = 0
        var unknown: Set<String> = []
        for bytes in data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            line += 1
            guard bytes.contains(where: { $0 != 0x20 && $0 != 0x0D && $0 != 0x09 }) else { continue }
            do throws(CSVProblem) {
                self.rows.append(try Self.row(bytes, line: line, unknown: &unknown))
            } catch {
                self.problems.append(error)
            }
        }
        self.unknownColumns = unknown.sorted()
    }

    private static func row(_ bytes: Data, line: Int, unknown: inout Set<String>) throws(CSVProblem) -> ImportRow {
        let object: [String: JSONField]
        do {
            object = try JSONDecoder().decode([String: JSONField].self, from: bytes)
        } catch {
            throw CSVProblem(line: line, reason: "is no JSON object of texts, lists and objects of texts on one line")
        }
        var row = ImportRow(line: line)
        for (name, field) in object.sorted(by: { $0.key < $1.key }) {
            switch (name, field) {
            case (_, .nothing): continue
            case ("variants", .texts(let variants)), ("variant", .texts(let variants)): row.variants = variants
            case ("settings", .texts(let settings)), ("set", .texts(let settings)): row.settings = settings
            case ("media", .list(let files)): row.media = files
            case ("alt", .list(let texts)): row.alt = texts
            case ("account", .list(let accounts)), ("accounts", .list(let accounts)): row.accounts = accounts
            case ("label", .list(let labels)), ("labels", .list(let labels)): row.labels = labels
            case (_, .text(let text)):
                if !ImportRow.knows(name) { unknown.insert(name) }
                try row.set(name, to: text)
            default:
                throw CSVProblem(
                    line: line, column: name, reason: "has the wrong type: see posthorn post import --help")
            }
        }
        return row
    }
}

/// A field of an import line, in the shapes that are taken.
private enum JSONField: Decodable {
    case nothing
    case text(String)
    case list([String])
    case texts([String: String])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .nothing
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let list = try? container.decode([String].self) {
            self = .list(list)
        } else if let flag = try? container.decode(Bool.self) {
            self = .text(String(flag))
        } else if let number = try? container.decode(Int64.self) {
            self = .text(String(number))
        } else {
            // The last shape's own error is the one to tell.
            self = .texts(try container.decode([String: String].self))
        }
    }
}
