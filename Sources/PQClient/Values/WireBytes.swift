// SPDX-License-Identifier: MIT

extension [UInt8] {
    /// Appends an integer in network byte order.
    mutating func appendBigEndian(_ value: some FixedWidthInteger) {
        var shift = value.bitWidth
        while shift > 0 {
            shift -= 8
            self.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    /// Overwrites four bytes with a length in network byte order.
    mutating func patchLength(_ length: Int, at offset: Int) {
        let value = UInt32(bitPattern: Int32(length))
        for index in 0..<4 {
            self[offset + index] = UInt8(truncatingIfNeeded: value >> (24 - index * 8))
        }
    }

    /// Appends a length-prefixed binary value, or the length -1 for NULL, as arrays and COPY have it.
    mutating func appendField(_ value: some PQEncodable) {
        if value.isPQNull {
            self.appendBigEndian(Int32(-1))
            return
        }
        let start = self.count
        self.appendBigEndian(Int32(0))
        value.encode(into: &self)
        self.patchLength(self.count - start - 4, at: start)
    }
}

extension RawSpan {
    /// Reads an integer in network byte order, or nil when it would reach past the end.
    func bigEndian<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type = T.self, at offset: Int = 0) -> T? {
        guard offset >= 0, offset &+ MemoryLayout<T>.size <= self.byteCount else { return nil }
        // The bounds were checked above, and every bit pattern is an integer.
        return T(bigEndian: unsafe self.unsafeLoadUnaligned(fromByteOffset: offset, as: T.self))
    }

    /// Copies the bytes out.
    func copied() -> [UInt8] {
        unsafe self.withUnsafeBytes { unsafe [UInt8]($0) }
    }
}
