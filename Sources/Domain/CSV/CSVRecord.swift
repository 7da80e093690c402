// SPDX-License-Identifier: MIT

/// One record of a CSV file.
package struct CSVRow: Hashable, Sendable {
    /// The physical line on which the record begins, from 1.
    package var line: Int
    /// The fields, without quotes.
    package var fields: [String]

    /// Makes a record.
    package init(line: Int, fields: [String]) {
        self.line = line
        self.fields = fields
    }
}

/// What is wrong with one row, for the person who has to mend it.
package struct CSVProblem: Error, Hashable, Sendable, Codable, CustomStringConvertible {
    /// The physical line on which the row begins, from 1.
    package var line: Int
    /// The column's name, or its number from 1 where there is no name; `nil` when the row as a whole is wrong.
    package var column: String?
    /// What is wrong and how to write it.
    package var reason: String

    /// Makes a problem.
    package init(line: Int, column: String? = nil, reason: String) {
        self.line = line
        self.column = column
        self.reason = reason
    }

    /// The place and the reason: `line 12, column posted_at: …`.
    package var description: String {
        "line \(self.line)\(self.column.map { ", column \($0)" } ?? ""): \(self.reason)"
    }
}

/// A file that cannot be read as a table at all.
package struct CSVError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong and how to mend it.
    package var message: String

    /// Makes an error.
    package init(_ message: String) { self.message = message }

    /// The message.
    package var description: String { self.message }
}
