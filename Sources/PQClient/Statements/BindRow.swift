// SPDX-License-Identifier: MIT

/// Values in binary form, in one buffer: the binds of a statement or the fields of one row of a binary COPY.
package struct BindRow: Sendable, ExpressibleByArrayLiteral {
    /// Where one value lies in ``bytes``.
    struct Entry: Sendable, Hashable {
        var oid: UInt32
        var offset: Int
        /// The length in bytes, or -1 for NULL.
        var length: Int
    }

    private(set) var bytes: [UInt8] = []
    private(set) var entries: [Entry] = []

    /// Makes an empty row.
    package init() {}

    /// Makes a row of the given values: `[id, name, optionalDate]`.
    package init(arrayLiteral elements: any PQEncodable...) {
        for element in elements { self.append(element) }
    }

    /// The number of values.
    package var count: Int { self.entries.count }

    /// Appends a value, encoding it at once.
    package mutating func append<T: PQEncodable>(_ value: T) {
        let offset = self.bytes.count
        if value.isPQNull {
            self.entries.append(Entry(oid: T.pqType.oid, offset: offset, length: -1))
        } else {
            value.encode(into: &self.bytes)
            self.entries.append(Entry(oid: T.pqType.oid, offset: offset, length: self.bytes.count - offset))
        }
    }

    /// Appends all values of another row.
    mutating func append(contentsOf other: BindRow) {
        let base = self.bytes.count
        self.bytes.append(contentsOf: other.bytes)
        for var entry in other.entries {
            entry.offset += base
            self.entries.append(entry)
        }
    }
}
