// SPDX-License-Identifier: MIT

/// Where a version of a row stands in its table: PostgreSQL's `ctid`.
///
/// The shortest way to a row, and only as long as nobody writes that row: an update moves it, and what is deleted leaves its
/// place to another. Whoever finds a row by its place compares its key too, and has another way when it is not there.
package struct RowPlace: Hashable, Sendable {
    /// The table's page.
    package var block: UInt32
    /// The item within the page, from 1.
    package var item: UInt16

    /// Makes a place from its parts.
    package init(block: UInt32, item: UInt16) {
        self.block = block
        self.item = item
    }
}

extension RowPlace: PQEncodable, PQDecodable {
    package static var pqType: PQType { .tid }

    package func encode(into bytes: inout [UInt8]) {
        bytes.appendBigEndian(self.block)
        bytes.appendBigEndian(self.item)
    }

    package static func decode(_ bytes: RawSpan, oid: UInt32) throws(PQError) -> RowPlace {
        guard oid == PQType.tid.oid, bytes.byteCount == 6, let block = bytes.bigEndian(UInt32.self),
            let item = bytes.bigEndian(UInt16.self, at: 4)
        else { throw PQError(.decoding, "a column of \(PQType.name(of: oid)) cannot be read as RowPlace") }
        return RowPlace(block: block, item: item)
    }
}
