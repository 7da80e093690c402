// SPDX-License-Identifier: MIT

/// The rows of one result, decoded when read.
package struct Rows: Sendable, RandomAccessCollection {
    private let box: ResultBox

    init(_ box: ResultBox) { self.box = box }

    package var startIndex: Int { 0 }
    package var endIndex: Int { self.box.rowCount }

    package subscript(position: Int) -> Row {
        precondition(position >= 0 && position < self.box.rowCount, "row \(position) of \(self.box.rowCount)")
        return Row(box: self.box, index: position)
    }

    /// The number of rows the statement changed, or returned.
    package var affected: Int { self.box.affected }

    /// The names of the columns, in order.
    package var columnNames: [String] { (0..<self.box.columnCount).map(self.box.columnName) }

    /// The first column of the only row; throws `decoding` when there is not exactly one row.
    package func single<T: PQDecodable>(_ type: T.Type = T.self) throws(PQError) -> T {
        guard self.count == 1 else { throw PQError(.decoding, "one row was expected, not \(self.count)") }
        return try self[0].get(0)
    }

    /// The first column of every row.
    package func column<T: PQDecodable>(_ type: T.Type = T.self) throws(PQError) -> [T] {
        var values: [T] = []
        values.reserveCapacity(self.count)
        for row in self { values.append(try row.get(0)) }
        return values
    }
}

/// One row of a result.
package struct Row: Sendable {
    fileprivate let box: ResultBox
    fileprivate let index: Int

    /// The value of the column with that name.
    ///
    /// - Throws: ``PQError`` with code `decoding` when there is no such column, its type does not fit, or it is NULL
    ///   and `T` is no optional.
    package func get<T: PQDecodable>(_ column: String, as type: T.Type = T.self) throws(PQError) -> T {
        guard let position = self.box.columnIndex(column) else {
            throw PQError(.decoding, "the result has no column \(column)")
        }
        return try self.get(position)
    }

    /// The value of the column at that position, counted from 0.
    package func get<T: PQDecodable>(_ column: Int, as type: T.Type = T.self) throws(PQError) -> T {
        guard column >= 0, column < self.box.columnCount else {
            throw PQError(.decoding, "the result has no column \(column), it has \(self.box.columnCount)")
        }
        do {
            return try self.box.decode(row: self.index, column: column, as: T.self)
        } catch {
            var named = error
            named.column = named.column ?? self.box.columnName(column)
            named.message = "column \(self.box.columnName(column)): \(error.message)"
            throw named
        }
    }

    /// Whether the column with that name is NULL.
    package func isNull(_ column: String) throws(PQError) -> Bool {
        try self.get(column, as: NullProbe.self).isNull
    }
}

/// Reads any column, only to see whether it is NULL.
private struct NullProbe: PQDecodable {
    var isNull: Bool

    static func decode(_ bytes: RawSpan, oid: UInt32) -> NullProbe { NullProbe(isNull: false) }

    static func decodeNull() -> NullProbe { NullProbe(isNull: true) }
}
