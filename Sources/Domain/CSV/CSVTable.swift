// SPDX-License-Identifier: MIT

/// A CSV file with a header row: its rows are read by the names of its columns.
///
/// Names are compared without case and surrounding spaces. Columns that nobody asks for are ignored.
package struct CSVTable {
    private var reader: CSVReader
    /// The columns as the file has them, in lower case.
    package let columns: [String]
    private let indices: [String: Int]

    /// Reads the header.
    ///
    /// - Parameters:
    ///   - reader: The file, at its beginning.
    ///   - required: Columns that have to be there, in lower case.
    /// - Throws: ``CSVError`` when the file is empty, a required column is missing or a column stands there twice;
    ///   what the source throws.
    package init(_ reader: consuming CSVReader, required: [String]) throws {
        var reader = reader
        guard let first = try reader.next() else {
            let least = required.joined(separator: ",")
            throw CSVError("the file is empty; its first line names the columns, at least \(least)")
        }
        let header: CSVRow
        switch first {
        case .success(let row): header = row
        case .failure(let problem): throw CSVError("the header cannot be read: \(problem)")
        }
        let columns = header.fields.map { Self.folded($0) }
        var indices: [String: Int] = [:]
        for (index, name) in columns.enumerated() where !name.isEmpty {
            guard indices.updateValue(index, forKey: name) == nil else {
                throw CSVError("the header (line \(header.line)) has the column '\(name)' twice; remove one")
            }
        }
        let missing = required.filter { indices[$0] == nil }
        guard missing.isEmpty else {
            let plural = missing.count == 1 ? "column is" : "columns are"
            let only = columns.count == 1 ? columns[0] : ""
            let hint =
                only.contains(";") || only.contains("\t")
                ? "; it seems to use \(only.contains(";") ? "semicolons" : "tabs"): save it with commas"
                : "; the header (line \(header.line)) has: \(columns.joined(separator: ", ").prefix(200))"
            throw CSVError("the required \(plural) missing: \(missing.joined(separator: ", "))\(hint)")
        }
        self.reader = reader
        self.columns = columns
        self.indices = indices
    }

    /// One row, read by column.
    package struct Row: Sendable {
        /// The physical line on which it begins.
        package let line: Int
        private let fields: [String]
        private let indices: [String: Int]

        init(_ row: CSVRow, indices: [String: Int]) {
            self.line = row.line
            self.fields = row.fields
            self.indices = indices
        }

        /// The field without surrounding spaces; `nil` when it is empty or there is no such column.
        package subscript(column: String) -> String? {
            guard let index = self.indices[column], index < self.fields.count else { return nil }
            let text = CSVTable.trimmed(self.fields[index])
            return text.isEmpty ? nil : String(text)
        }

        /// The field exactly as it stands in the file, empty when there is no such column.
        package func raw(_ column: String) -> String {
            guard let index = self.indices[column], index < self.fields.count else { return "" }
            return self.fields[index]
        }

        /// A problem with this row.
        package func problem(_ column: String?, _ reason: String) -> CSVProblem {
            CSVProblem(line: self.line, column: column, reason: reason)
        }
    }

    /// The next row, or why it cannot be used; `nil` at the end.
    ///
    /// - Throws: What the source throws.
    package mutating func next() throws -> Result<Row, CSVProblem>? {
        guard let outcome = try self.reader.next() else { return nil }
        switch outcome {
        case .failure(var problem):
            if let number = problem.column.flatMap({ Int($0) }), number >= 1, number <= self.columns.count {
                problem.column = self.columns[number - 1]
            }
            return .failure(problem)
        case .success(let row):
            guard row.fields.count == self.columns.count else {
                let hint = row.fields.count > self.columns.count ? "; quote fields that hold a comma" : ""
                let reason = "\(row.fields.count) fields where the header has \(self.columns.count)\(hint)"
                return .failure(CSVProblem(line: row.line, reason: reason))
            }
            return .success(Row(row, indices: self.indices))
        }
    }

    fileprivate static func trimmed(_ text: String) -> Substring {
        var rest = text[...]
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return rest
    }

    private static func folded(_ text: String) -> String { Self.trimmed(text).lowercased() }
}
