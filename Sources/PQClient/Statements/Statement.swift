// SPDX-License-Identifier: MIT

/// A statement and its values: what is interpolated becomes a bind, never text.
///
/// ```swift
/// let statement: Statement = "SELECT name FROM client WHERE client_id = \(id)"   // … WHERE client_id = $1
/// ```
///
/// A statement interpolated into another, or added with `+`, keeps its binds; they are renumbered.
package struct Statement: Sendable, ExpressibleByStringInterpolation, CustomStringConvertible {
    /// The text sent to the server, with `$1`, `$2`, … in place of values.
    package private(set) var sql: String
    /// The values.
    package private(set) var binds: BindRow

    /// Makes a statement from text that holds its own `$n`.
    package init(sql: String, binds: BindRow = []) {
        self.sql = sql
        self.binds = binds
    }

    /// Makes a statement without values.
    package init(stringLiteral value: String) {
        self.init(sql: value)
    }

    /// Makes a statement from an interpolation.
    package init(stringInterpolation: StringInterpolation) {
        self = stringInterpolation.statement
    }

    /// The text; values are not part of it.
    package var description: String { self.sql }

    /// Puts one statement after another, renumbering the second one's binds.
    package static func + (left: Statement, right: Statement) -> Statement {
        var sum = left
        sum.append(right)
        return sum
    }

    /// Appends a statement, renumbering its binds.
    package static func += (left: inout Statement, right: Statement) {
        left.append(right)
    }

    /// Collects the pieces of an interpolated statement.
    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var statement = Statement(sql: "")

        /// Starts an empty statement.
        package init(literalCapacity: Int, interpolationCount: Int) {
            self.statement.sql.reserveCapacity(literalCapacity + interpolationCount * 3)
        }

        /// Appends source text.
        package mutating func appendLiteral(_ literal: String) { self.statement.sql += literal }

        /// Appends a value as the next bind.
        package mutating func appendInterpolation(_ value: some PQEncodable) {
            self.statement.binds.append(value)
            self.statement.sql += "$\(self.statement.binds.count)"
        }

        /// Appends a value or NULL as the next bind; an overload of its own, since the compiler warns of optionals that
        /// meet a generic parameter in an interpolation.
        package mutating func appendInterpolation<T: PQEncodable>(_ value: T?) {
            self.statement.binds.append(value)
            self.statement.sql += "$\(self.statement.binds.count)"
        }

        /// Appends another statement with its binds.
        package mutating func appendInterpolation(_ fragment: Statement) { self.statement.append(fragment) }

        /// Appends text written in the source, such as a column list.
        package mutating func appendInterpolation(unescaped text: StaticString) {
            self.statement.sql += text.description
        }
    }

    private mutating func append(_ other: Statement) {
        self.sql +=
            self.binds.count == 0 || other.binds.count == 0
            ? other.sql : PlaceholderScanner.renumber(other.sql, by: self.binds.count)
        self.binds.append(contentsOf: other.binds)
    }
}
