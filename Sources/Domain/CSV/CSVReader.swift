// SPDX-License-Identifier: MIT

package import Foundation

/// Reads the records of a CSV file (RFC 4180) one after the other, in bounded memory.
///
/// CR LF, LF and CR, a byte order mark, quotes and line ends inside quotes are understood; blank lines are skipped.
package struct CSVReader {
    private var tokenizer: CSVTokenizer
    private let source: () throws -> [UInt8]?
    private var chunk: ArraySlice<UInt8> = []
    private var isFinished = false

    /// Makes a reader.
    ///
    /// - Parameters:
    ///   - delimiter: What separates fields: a comma, a semicolon or a tab.
    ///   - maximumRecordBytes: How long one record may be.
    ///   - source: Gives the next piece of the file, `nil` at its end.
    package init(
        delimiter: UInt8 = UInt8(ascii: ","), maximumRecordBytes: Int = 1 << 20, source: @escaping () throws -> [UInt8]?
    ) {
        self.tokenizer = CSVTokenizer(delimiter: delimiter, maximumRecordBytes: maximumRecordBytes)
        self.source = source
    }

    /// Reads an open file from where it stands, 64 KiB at a time; the caller closes it.
    package init(file: FileHandle, delimiter: UInt8 = UInt8(ascii: ",")) {
        self.init(delimiter: delimiter) { try file.read(upToCount: 1 << 16).map { [UInt8]($0) } }
    }

    /// Reads a text.
    package init(text: String, delimiter: UInt8 = UInt8(ascii: ",")) {
        var rest: [UInt8]? = Array(text.utf8)
        self.init(delimiter: delimiter) {
            defer { rest = nil }
            return rest
        }
    }

    /// The next record, or why it cannot be used; `nil` at the end.
    ///
    /// - Throws: What the source throws.
    package mutating func next() throws -> Result<CSVRow, CSVProblem>? {
        while !self.isFinished {
            while let byte = self.chunk.popFirst() {
                guard let outcome = self.tokenizer.consume(byte) else { continue }
                self.isFinished = self.tokenizer.isLost
                return outcome
            }
            guard let next = try self.source(), !next.isEmpty else {
                self.isFinished = true
                return self.tokenizer.finish()
            }
            self.chunk = next[...]
        }
        return nil
    }
}
