// SPDX-License-Identifier: MIT

/// Lays a listing out for a person: headings, aligned columns, numbers to the right.
struct TableText {
    var width: Int?
    var isColoured: Bool

    func render(_ listing: Listing) -> String {
        guard !listing.rows.isEmpty else { return Tone.muted.paint(listing.empty, self.isColoured) + "\n" }
        let columns = listing.columns.filter { $0.title != nil }
        let cells = listing.rows.map { row in columns.map { row[$0.key] } }
        let texts = cells.map { $0.map { $0.shown.singleLine } }
        let isRight = columns.indices.map { index in
            let given = cells.map { $0[index] }.filter { $0 != .none }
            return !given.isEmpty && given.allSatisfy(\.isNumeric)
        }
        let widths = self.widths(columns, texts)
        var out = self.line(columns.map { $0.title ?? "" }, widths, isRight) { text, _ in
            Tone.strong.paint(text, self.isColoured)
        }
        for (row, texts) in zip(cells, texts) {
            out += self.line(texts, widths, isRight) { text, column in
                row[column].tone.paint(text, self.isColoured)
            }
        }
        return out
    }

    /// Natural widths; on a terminal that is too narrow, flexible columns give way, the widest first.
    private func widths(_ columns: [Column], _ rows: [[String]]) -> [Int] {
        var widths = columns.map { ($0.title ?? "").displayWidth }
        for row in rows {
            for (index, text) in row.enumerated() { widths[index] = max(widths[index], text.displayWidth) }
        }
        guard let width = self.width else { return widths }
        var excess = widths.reduce(0, +) + Self.gap * (widths.count - 1) - width
        while excess > 0 {
            let candidates = columns.indices.filter { columns[$0].isFlexible && widths[$0] > Self.narrowest }
            guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
            excess -= 1
        }
        return widths
    }

    private func line(
        _ texts: [String], _ widths: [Int], _ isRight: [Bool], _ paint: (String, Int) -> String
    ) -> String {
        var out = ""
        for (index, text) in texts.enumerated() {
            let fitted = text.fitted(to: widths[index])
            let padding = String(repeating: " ", count: widths[index] - fitted.displayWidth)
            let isLast = index == texts.count - 1
            out += isRight[index] ? padding + paint(fitted, index) : paint(fitted, index) + (isLast ? "" : padding)
            if !isLast { out += String(repeating: " ", count: Self.gap) }
        }
        return out + "\n"
    }

    private static let gap = 2
    private static let narrowest = 12
}
