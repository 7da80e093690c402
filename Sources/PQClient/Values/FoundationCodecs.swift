// SPDX-License-Identifier: MIT

package import FoundationEssentials

extension UUID: PQEncodable, PQDecodable {
    package static var pqType: PQType { .uuid }

    package func encode(into bytes: inout [UInt8]) {
        let u = self.uuid
        bytes.append(contentsOf: [u.0, u.1, u.2, u.3, u.4, u.5, u.6, u.7, u.8, u.9, u.10, u.11, u.12, u.13, u.14, u.15])
    }

    package static func decode(_ bytes: RawSpan, oid: UInt32) throws(PQError) -> UUID {
        guard oid == PQType.uuid.oid, bytes.byteCount == 16 else {
            throw PQError(.decoding, "a column of \(PQType.name(of: oid)) cannot be read as UUID")
        }
        // Every bit pattern of sixteen bytes is a UUID.
        return UUID(uuid: unsafe bytes.unsafeLoadUnaligned(as: uuid_t.self))
    }
}

extension Date: PQEncodable, PQDecodable {
    package static var pqType: PQType { .timestamptz }

    /// Seconds between Foundation's reference date (2001-01-01) and PostgreSQL's (2000-01-01): a leap year.
    private static var epochDistance: Double { 366 * 86_400 }

    /// Microseconds since 2000-01-01, rounded to the nearest, so that a date read back is bound as the same instant.
    package func encode(into bytes: inout [UInt8]) {
        let microseconds = ((self.timeIntervalSinceReferenceDate + Self.epochDistance) * 1_000_000).rounded()
        bytes.appendBigEndian(Int64(clamping: microseconds))
    }

    package static func decode(_ bytes: RawSpan, oid: UInt32) throws(PQError) -> Date {
        guard oid == PQType.timestamptz.oid, let microseconds = bytes.bigEndian(Int64.self) else {
            throw PQError(.decoding, "a column of \(PQType.name(of: oid)) cannot be read as Date")
        }
        guard microseconds != .max, microseconds != .min else {
            throw PQError(.decoding, "an infinite timestamptz is no Date")
        }
        let (seconds, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return Date(timeIntervalSinceReferenceDate: Double(seconds) - self.epochDistance + Double(rest) / 1_000_000)
    }
}

extension Data: PQEncodable, PQDecodable {
    package static var pqType: PQType { .bytea }

    package func encode(into bytes: inout [UInt8]) { bytes.append(contentsOf: self) }

    package static func decode(_ bytes: RawSpan, oid: UInt32) throws(PQError) -> Data {
        guard oid == PQType.bytea.oid else {
            throw PQError(.decoding, "a column of \(PQType.name(of: oid)) cannot be read as Data")
        }
        return Data(bytes.copied())
    }
}

extension Int64 {
    /// The nearest representable integer; a timestamp beyond the range is the server's to refuse.
    fileprivate init(clamping value: Double) {
        if value >= 9.2e18 {
            self = .max - 1
        } else if value <= -9.2e18 {
            self = .min + 1
        } else {
            self = value.isNaN ? .max - 1 : Int64(value)
        }
    }
}
