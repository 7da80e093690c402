// SPDX-License-Identifier: MIT

private func mismatch(_ type: Any.Type, oid: UInt32) -> PQError {
    PQError(.decoding, "a column of \(PQType.name(of: oid)) cannot be read as \(type)")
}

/// Reads any of the three integer types, widened to 64 bits.
private func integer(_ bytes: RawSpan, oid: UInt32, as type: Any.Type) throws(PQError) -> Int64 {
    switch oid {
    case PQType.bigint.oid:
        if let value = bytes.bigEndian(Int64.self) { return value }
    case PQType.integer.oid:
        if let value = bytes.bigEndian(Int32.self) { return Int64(value) }
    case PQType.smallint.oid:
        if let value = bytes.bigEndian(Int16.self) { return Int64(value) }
    default:
        break
    }
    throw mismatch(type, oid: oid)
}

extension Int16: PQEncodable, PQDecodable {
    package static var pqType: PQType { .smallint }

    package func encode(into bytes: inout [UInt8]) { bytes.appendBigEndian(self) }

    package static func decode(_ bytes: RawSpan, oid: UInt32) throws(PQError) -> Int16 {
        guard let value = Int16(exactly: try integer(bytes, oid: oid, as: Int16.self)) else {
            throw PQError(.decoding, "the integer does not fit into 16 bits")
        }
        return value
    }
}

extension Int32: PQEncodable, PQDecodable {
    package static var pqType: PQType { .integer }

    package func encode(into bytes: inout [UInt8]) { bytes.appendBigEndian(self) }

    package static func decode(_ bytes: RawSpan, oid: UInt32) throws(PQError) -> Int32 {
        guard let value = Int32(exactly: try integer(bytes, oid: oid, as: Int32.self)) else {
            throw PQError(.decoding, "the integer does not fit into 32 bits")
        }
        return value
    }
}

extension Int64: PQEncodable, PQDecodable {
    package static var pqType: PQType { .bigint }

    package func encode(into bytes: inout [UInt8]) { bytes.appendBigEndian(self) }

    package static func decode(_ bytes: RawSpan, oid: UInt32) throws(PQError) -> Int64 {
        try integer(bytes, oid: oid, as: Int64.self)
    }
}

extension Int: PQEncodable, PQDecodable {
    package static var pqType: PQType { .bigint }

    package func encode(into bytes: inout [UInt8]) { bytes.appendBigEndian(Int64(self)) }

    package static func decode(_ bytes: RawSpan, oid: UInt32) throws(PQError) -> Int {
        Int(try integer(bytes, oid: oid, as: Int.self))
    }
}

extension Bool: PQEncodable, PQDecodable {
    package static var pqType: PQType { .boolean }

    package func encode(into bytes: inout [UInt8]) { bytes.append(self ? 1 : 0) }

    package static func decode(_ bytes: RawSpan, oid: UInt32) throws(PQError) -> Bool {
        guard oid == PQType.boolean.oid, let value = bytes.bigEndian(UInt8.self) else {
            throw mismatch(Bool.self, oid: oid)
        }
        return value != 0
    }
}

extension Double: PQEncodable, PQDecodable {
    package static var pqType: PQType { .double }

    package func encode(into bytes: inout [UInt8]) { bytes.appendBigEndian(self.bitPattern) }

    package static func decode(_ bytes: RawSpan, oid: UInt32) throws(PQError) -> Double {
        if oid == PQType.double.oid, let bits = bytes.bigEndian(UInt64.self) { return Double(bitPattern: bits) }
        if oid == PQType.real.oid, let bits = bytes.bigEndian(UInt32.self) { return Double(Float(bitPattern: bits)) }
        throw mismatch(Double.self, oid: oid)
    }
}

extension String: PQEncodable, PQDecodable {
    package static var pqType: PQType { .text }

    package func encode(into bytes: inout [UInt8]) { bytes.append(contentsOf: self.utf8) }

    package static func decode(_ bytes: RawSpan, oid: UInt32) throws(PQError) -> String {
        guard PQType.isTextual(oid) else { throw mismatch(String.self, oid: oid) }
        return unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }
}

extension Duration: PQEncodable, PQDecodable {
    package static var pqType: PQType { .interval }

    package func encode(into bytes: inout [UInt8]) {
        let (seconds, attoseconds) = self.components
        bytes.appendBigEndian(seconds &* 1_000_000 &+ attoseconds / 1_000_000_000_000)
        bytes.appendBigEndian(Int32(0))
        bytes.appendBigEndian(Int32(0))
    }

    package static func decode(_ bytes: RawSpan, oid: UInt32) throws(PQError) -> Duration {
        guard oid == PQType.interval.oid, let microseconds = bytes.bigEndian(Int64.self),
            let days = bytes.bigEndian(Int32.self, at: 8), let months = bytes.bigEndian(Int32.self, at: 12)
        else { throw mismatch(Duration.self, oid: oid) }
        guard months == 0, days == 0 else {
            throw PQError(.decoding, "an interval with days or months has no fixed length")
        }
        return .microseconds(microseconds)
    }
}
