// SPDX-License-Identifier: MIT

/// Lays one record out for a person: keys left, values right of them, nested rows as a table below.
struct DetailText {
    var isColoured: Bool

    func render(_ record: Record, indent: Int = 0) -> String {
        let margin = String(repeating: " ", count: indent)
        let width = record.fields.map { $0.key.displayWidth }.max() ?? 0
        var out = ""
        for entry in record.fields {
            let label = Self.label(entry.key)
            let head = margin + Tone.muted.paint(label, self.isColoured)
            let padding = String(repeating: " ", count: width - label.displayWidth + 2)
            switch entry.value {
            case .record(let nested):
                out += head + "\n" + self.render(nested, indent: indent + 2)
            case .list(let fields) where fields.contains(where: \.isRecord):
                out += head + "\n" + self.rows(fields, indent: indent + 2)
            case let value:
                let lines = value.shown.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
                let hang = "\n" + margin + String(repeating: " ", count: width + 2)
                let text = lines.map { value.tone.paint($0, self.isColoured) }.joined(separator: hang)
                out += head + padding + text + "\n"
            }
        }
        return out
    }

    private func rows(_ fields: [Field], indent: Int) -> String {
        let records: [Record] = fields.compactMap { if case .record(let record) = $0 { record } else { nil } }
        var columns: [Column] = []
        for key in records.flatMap({ $0.fields.map(\.key) }) where !columns.contains(where: { $0.key == key }) {
            columns.append(Column(key, Self.label(key).uppercased(), ""))
        }
        let table = TableText(width: nil, isColoured: self.isColoured).render(Listing(columns, rows: records))
        let margin = String(repeating: " ", count: indent)
        return table.split(separator: "\n").map { margin + $0 + "\n" }.joined()
    }

    private static func label(_ key: String) -> String { key.split(separator: "_").joined(separator: " ") }
}

extension Field {
    fileprivate var isRecord: Bool { if case .record = self { true } else { false } }
}
