// SPDX-License-Identifier: MIT

extension String {
    /// The terminal cells that the text takes: 2 for wide East Asian characters and emoji, 0 for combining marks.
    var displayWidth: Int { self.reduce(0) { $0 + $1.displayWidth } }

    /// The text in at most `width` cells, with `…` where something is missing.
    func fitted(to width: Int) -> String {
        guard self.displayWidth > width else { return self }
        guard width > 1 else { return width == 1 ? "…" : "" }
        var out = ""
        var used = 0
        for character in self {
            let cells = character.displayWidth
            if used + cells > width - 1 { break }
            out.append(character)
            used += cells
        }
        return out + "…"
    }

    /// The text on one line: line breaks and other control characters as blanks.
    var singleLine: String {
        guard self.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return self }
        return String(
            String.UnicodeScalarView(self.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }
}

extension Character {
    /// The terminal cells that the character takes.
    fileprivate var displayWidth: Int {
        guard let first = self.unicodeScalars.first else { return 0 }
        if first.isASCII { return first.value < 0x20 ? 0 : 1 }
        if self.unicodeScalars.contains(where: { $0.value == 0xFE0F }) { return 2 }
        switch first.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        return first.properties.isEmojiPresentation || first.isWide ? 2 : 1
    }
}

extension Unicode.Scalar {
    /// Whether Unicode's East Asian Width calls it wide or fullwidth (the blocks that matter in practice).
    fileprivate var isWide: Bool {
        switch self.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
            0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE4F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F,
            0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            true
        default: false
        }
    }
}
