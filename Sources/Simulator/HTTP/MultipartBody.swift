// SPDX-License-Identifier: MIT

import HTTPTypes

/// The parts of a `multipart/form-data` body.
struct MultipartBody: Sendable {
    struct Part: Sendable {
        var name: String
        var contentType: String?
        /// Whether it has a file name, or a type of its own.
        var isFile = false
        var bytes: [UInt8]
    }

    private(set) var parts: [Part] = []

    /// Reads a body; `nil` when it does not have the form that its `Content-Type` promises.
    init?(_ body: [UInt8], contentType: String) {
        guard let boundary = Self.parameter("boundary", of: contentType), !boundary.isEmpty else { return nil }
        let delimiter = Array("--\(boundary)".utf8)
        guard body.starts(with: delimiter) else { return nil }
        var start = delimiter.count
        while true {
            if body[start...].starts(with: Array("--".utf8)) { return }
            guard body[start...].starts(with: [0x0D, 0x0A]) else { return nil }
            start += 2
            guard let end = Self.find([0x0D, 0x0A] + delimiter, in: body, from: start),
                let part = Self.part(body[start..<end])
            else { return nil }
            self.parts.append(part)
            start = end + 2 + delimiter.count
        }
    }

    subscript(name: String) -> Part? { self.parts.first { $0.name == name } }

    private static func part(_ bytes: ArraySlice<UInt8>) -> Part? {
        let whole = Array(bytes)
        guard let end = self.find([0x0D, 0x0A, 0x0D, 0x0A], in: whole, from: 0) else { return nil }
        var name: String?
        var type: String?
        var isFile = false
        for line in String(decoding: whole[..<end], as: UTF8.self).split(separator: "\r\n") {
            let pieces = line.split(separator: ":", maxSplits: 1)
            guard pieces.count == 2 else { return nil }
            switch pieces[0].lowercased() {
            case "content-disposition":
                name = self.parameter("name", of: String(pieces[1]))
                isFile = isFile || self.parameter("filename", of: String(pieces[1])) != nil
            case "content-type":
                type = pieces[1].trimmingSpaces
                isFile = isFile || !(type ?? "").lowercased().hasPrefix("text/plain")
            default: break
            }
        }
        guard let name else { return nil }
        return Part(name: name, contentType: type, isFile: isFile, bytes: Array(whole[(end + 4)...]))
    }

    private static func parameter(_ name: String, of header: String) -> String? {
        for piece in header.split(separator: ";").dropFirst() {
            let pair = piece.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, pair[0].trimmingSpaces.lowercased() == name else { continue }
            let value = pair[1].trimmingSpaces
            guard value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") else { return value }
            return String(value.dropFirst().dropLast())
        }
        return nil
    }

    private static func find(_ needle: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        guard bytes.count >= needle.count else { return nil }
        var index = start
        while index <= bytes.count - needle.count {
            if bytes[index] == needle[0], bytes[index..<index + needle.count].elementsEqual(needle) { return index }
            index += 1
        }
        return nil
    }
}
