// SPDX-License-Identifier: MIT

extension Array: PQEncodable where Element: PQEncodable {
    /// The one-dimensional array of the element's type; an array of arrays has none and traps.
    package static var pqType: PQType {
        let element = Element.pqType
        precondition(element.arrayOID != 0, "PostgreSQL has no array of \(element.name) here")
        return PQType("\(element.name)[]", oid: element.arrayOID, arrayOID: 0)
    }

    package func encode(into bytes: inout [UInt8]) {
        bytes.appendBigEndian(Int32(self.isEmpty ? 0 : 1))
        bytes.appendBigEndian(Int32(self.contains { $0.isPQNull } ? 1 : 0))
        bytes.appendBigEndian(Element.pqType.oid)
        guard !self.isEmpty else { return }
        bytes.appendBigEndian(Int32(self.count))
        bytes.appendBigEndian(Int32(1))
        for element in self { bytes.appendField(element) }
    }
}

extension Array: PQDecodable where Element: PQDecodable {
    package static func decode(_ bytes: RawSpan, oid: UInt32) throws(PQError) -> [Element] {
        guard let dimensions = bytes.bigEndian(Int32.self), let elementOID = bytes.bigEndian(UInt32.self, at: 8),
            dimensions == 0 || dimensions == 1
        else { throw Self.malformed(oid) }
        guard dimensions == 1 else { return [] }
        guard let count = bytes.bigEndian(Int32.self, at: 12), count >= 0 else { throw Self.malformed(oid) }

        var elements: [Element] = []
        elements.reserveCapacity(Swift.min(Int(count), bytes.byteCount / 4))
        var offset = 20
        for _ in 0..<count {
            guard let length = bytes.bigEndian(Int32.self, at: offset) else { throw Self.malformed(oid) }
            offset += 4
            if length < 0 {
                elements.append(try Element.decodeNull())
                continue
            }
            guard offset + Int(length) <= bytes.byteCount else { throw Self.malformed(oid) }
            elements.append(try Element.decode(bytes.extracting(offset..<(offset + Int(length))), oid: elementOID))
            offset += Int(length)
        }
        return elements
    }

    private static func malformed(_ oid: UInt32) -> PQError {
        PQError(.decoding, "a column of \(PQType.name(of: oid)) cannot be read as a one-dimensional array")
    }
}
