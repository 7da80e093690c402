// SPDX-License-Identifier: MIT

/// Cuts bytes into the records of RFC 4180, a piece at a time; a pure state machine.
///
/// CR LF, LF and CR end a record, a byte order mark is skipped, blank lines are skipped, quoted fields may hold line ends. A record that breaks
/// the rules becomes a ``CSVProblem`` and reading goes on at the next line. It holds one record, at most ``maximumRecordBytes``.
struct CSVTokenizer {
    /// A record or why there is none.
    typealias Outcome = Result<CSVRow, CSVProblem>

    private enum State { case fieldStart, plain, quoted, quoteInQuoted, skippingLine }

    let delimiter: UInt8
    let maximumRecordBytes: Int

    private var state = State.fieldStart
    private var field: [UInt8] = []
    private var fields: [String] = []
    private var fieldIsInvalid = false
    private var recordBytes = 0
    private var line = 1
    private var recordLine = 1
    private var previousWasCarriageReturn = false
    private var markLeft = Self.mark[...]
    private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    /// Set when a quoted field swallowed more than a record may hold: what follows cannot be trusted.
    private(set) var isLost = false

    init(delimiter: UInt8 = UInt8(ascii: ","), maximumRecordBytes: Int = 1 << 20) {
        self.delimiter = delimiter
        self.maximumRecordBytes = maximumRecordBytes
    }

    /// Takes one byte and gives a record when the byte ended one.
    mutating func consume(_ byte: UInt8) -> Outcome? {
        if let expected = self.markLeft.first {
            if byte == expected {
                self.markLeft = self.markLeft.dropFirst()
                return nil
            }
            let swallowed = Self.mark.dropLast(self.markLeft.count)
            self.markLeft = []
            self.field.append(contentsOf: swallowed)
            if !swallowed.isEmpty { self.state = .plain }
        }
        if byte == UInt8(ascii: "\n"), self.previousWasCarriageReturn, self.state != .quoted {
            self.previousWasCarriageReturn = false
            return nil
        }
        let isLineEnd = byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
        let continuesLineEnd = byte == UInt8(ascii: "\n") && self.previousWasCarriageReturn
        self.previousWasCarriageReturn = byte == UInt8(ascii: "\r")
        defer { if isLineEnd, !continuesLineEnd { self.line += 1 } }
        self.recordBytes += 1
        if self.recordBytes > self.maximumRecordBytes, self.state != .skippingLine { return self.tooLong() }
        return self.step(byte, isLineEnd: isLineEnd)
    }

    /// Ends the input and gives the last record when the file does not end with a line end.
    mutating func finish() -> Outcome? {
        switch self.state {
        case .skippingLine:
            self.reset(nextLine: self.line)
            return nil
        case .quoted:
            let problem = CSVProblem(
                line: self.recordLine, column: String(self.fields.count + 1),
                reason: "a quote is opened and never closed; close it, and write a quote inside a field as two (\"\")")
            self.reset(nextLine: self.line)
            return .failure(problem)
        case .fieldStart, .plain, .quoteInQuoted: return self.endRecord(nextLine: self.line)
        }
    }

    private mutating func step(_ byte: UInt8, isLineEnd: Bool) -> Outcome? {
        let quote = UInt8(ascii: "\"")
        switch self.state {
        case .skippingLine:
            if isLineEnd { self.reset(nextLine: self.line + 1) }
        case .quoted:
            if byte == quote { self.state = .quoteInQuoted } else { self.field.append(byte) }
        case .fieldStart, .plain, .quoteInQuoted:
            if byte == self.delimiter {
                self.endField()
            } else if isLineEnd {
                return self.endRecord(nextLine: self.line + 1)
            } else if byte == quote {
                switch self.state {
                case .fieldStart: self.state = .quoted
                case .quoteInQuoted:
                    self.field.append(quote)
                    self.state = .quoted
                default: return self.fail("a quote inside a field that does not begin with one; quote the whole field")
                }
            } else if self.state == .quoteInQuoted {
                return self.fail("text follows a closing quote; write a quote inside a field as two (\"\")")
            } else {
                self.field.append(byte)
                self.state = .plain
            }
        }
        return nil
    }

    private mutating func tooLong() -> Outcome {
        let quoted = self.state == .quoted || self.state == .quoteInQuoted
        self.isLost = quoted
        let limit = "\(self.maximumRecordBytes / 1024) KiB"
        return self.fail(
            quoted
                ? "a quoted field is longer than \(limit), probably never closed; nothing after it was read"
                : "the row is longer than \(limit)")
    }

    private mutating func fail(_ reason: String) -> Outcome {
        self.state = .skippingLine
        return .failure(CSVProblem(line: self.recordLine, column: String(self.fields.count + 1), reason: reason))
    }

    private mutating func endField() {
        if let text = String(validating: self.field, as: UTF8.self) {
            self.fields.append(text)
        } else {
            self.fields.append("")
            self.fieldIsInvalid = true
        }
        self.field.removeAll(keepingCapacity: true)
        self.state = .fieldStart
    }

    private mutating func endRecord(nextLine: Int) -> Outcome? {
        let isBlank = self.fields.isEmpty && self.field.isEmpty && self.state == .fieldStart
        if !isBlank { self.endField() }
        let row = CSVRow(line: self.recordLine, fields: self.fields)
        let invalid = self.fieldIsInvalid
        self.reset(nextLine: nextLine)
        if isBlank { return nil }
        guard invalid else { return .success(row) }
        return .failure(
            CSVProblem(line: row.line, reason: "the text is not UTF-8; save the file with the encoding UTF-8"))
    }

    private mutating func reset(nextLine: Int) {
        self.state = .fieldStart
        self.field.removeAll(keepingCapacity: true)
        self.fields = []
        self.fieldIsInvalid = false
        self.recordBytes = 0
        self.recordLine = nextLine
    }
}
