// SPDX-License-Identifier: MIT

/// Writes records of RFC 4180: commas, CR LF, quotes where they are needed.
package struct CSVWriter: Sendable {
    /// Whether a field that a spreadsheet would run as a formula gets an apostrophe in front.
    ///
    /// On for files that people open in a spreadsheet; off for files that programs read back, because it changes the text.
    package var guardsFormulas: Bool

    /// Makes a writer.
    package init(guardsFormulas: Bool) { self.guardsFormulas = guardsFormulas }

    /// One record with its line end.
    package func line(_ fields: [String]) -> String {
        fields.map { self.field($0) }.joined(separator: ",") + "\r\n"
    }

    /// One field, quoted where it has to be.
    package func field(_ text: String) -> String {
        let safe = self.guardsFormulas && Self.isFormula(text) ? "'" + text : text
        let needsQuotes = safe.unicodeScalars.contains { $0 == "," || $0 == "\"" || $0 == "\n" || $0 == "\r" }
        let hasEdgeSpace = safe.first?.isWhitespace == true || safe.last?.isWhitespace == true
        guard needsQuotes || hasEdgeSpace else { return safe }
        return "\"" + safe.replacing("\"", with: "\"\"") + "\""
    }

    /// Whether a spreadsheet would take the text for a formula; plain numbers such as -12.5 are left alone.
    private static func isFormula(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first(where: { $0 != " " }) else { return false }
        guard ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"].contains(first) else { return false }
        return Double(text) == nil
    }
}
