// SPDX-License-Identifier: MIT

/// Finds `$n` outside quotes and comments, so that two statements can be joined.
enum PlaceholderScanner {
    private enum Place {
        case text
        case quoted(UInt8)
        case lineComment
        case blockComment(depth: Int)
    }

    /// Adds an offset to every placeholder number of a statement's text.
    static func renumber(_ sql: String, by offset: Int) -> String {
        let source = [UInt8](sql.utf8)
        var output: [UInt8] = []
        output.reserveCapacity(source.count + 8)
        var place = Place.text
        var index = 0
        while index < source.count {
            let byte = source[index]
            let next = index + 1 < source.count ? source[index + 1] : 0
            var width = 1
            switch place {
            case .text:
                switch (byte, next) {
                case (UInt8(ascii: "'"), _), (UInt8(ascii: "\""), _): place = .quoted(byte)
                case (UInt8(ascii: "-"), UInt8(ascii: "-")): place = .lineComment
                case (UInt8(ascii: "/"), UInt8(ascii: "*")):
                    place = .blockComment(depth: 1)
                    width = 2
                case (UInt8(ascii: "$"), UInt8(ascii: "1")...UInt8(ascii: "9")):
                    let digits = source[(index + 1)...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
                    let number = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
                    output.append(contentsOf: "$\(number + offset)".utf8)
                    index += 1 + digits.count
                    continue
                default: break
                }
            case .quoted(let quote):
                if byte == quote { place = .text }
            case .lineComment:
                if byte == UInt8(ascii: "\n") { place = .text }
            case .blockComment(let depth):
                if byte == UInt8(ascii: "*"), next == UInt8(ascii: "/") {
                    place = depth == 1 ? .text : .blockComment(depth: depth - 1)
                    width = 2
                } else if byte == UInt8(ascii: "/"), next == UInt8(ascii: "*") {
                    place = .blockComment(depth: depth + 1)
                    width = 2
                }
            }
            output.append(contentsOf: source[index..<(index + width)])
            index += width
        }
        return String(decoding: output, as: UTF8.self)
    }
}
