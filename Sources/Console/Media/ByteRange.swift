// SPDX-License-Identifier: MIT

/// Which bytes of a file a request asks for (RFC 9110, 14).
///
/// One range is understood; several at once, other units and what cannot be read mean the whole file, as the standard allows.
enum ByteRange: Hashable {
    /// All of it.
    case whole
    /// A part.
    case part(ClosedRange<Int>)
    /// A part that the file does not have.
    case outside

    /// Reads a `Range` field for a file of a size, which is at least one byte.
    init(_ field: String?, of size: Int) {
        guard let field = field?.filter({ $0 != " " && $0 != "\t" }).lowercased(), field.hasPrefix("bytes=") else {
            self = .whole
            return
        }
        let ends = field.dropFirst("bytes=".count).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = Self.number(ends[0]), let last = Self.number(ends[1]) else {
            self = .whole
            return
        }
        switch (first, last) {
        case (.none, .none): self = .whole
        case (.none, .some(let count)): self = count > 0 ? .part(max(0, size - count)...(size - 1)) : .outside
        case (.some(let first), .none): self = first < size ? .part(first...(size - 1)) : .outside
        case (.some(let first), .some(let last)):
            guard first <= last else {
                self = .whole
                return
            }
            self = first < size ? .part(first...min(last, size - 1)) : .outside
        }
    }

    /// A number of digits alone, which may be left out; the outer `nil` is for anything else.
    private static func number(_ text: Substring) -> Int?? {
        if text.isEmpty { return .some(nil) }
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        // What is too long to be a number is beyond the end of any file.
        return .some(Int(text) ?? .max)
    }
}
