// SPDX-License-Identifier: MIT

/// A value that can be bound to a statement in PostgreSQL's binary format.
package protocol PQEncodable: Sendable {
    /// The type announced to the server, so that SQL needs no cast.
    static var pqType: PQType { get }

    /// Whether the value is SQL's NULL; only optionals are.
    var isPQNull: Bool { get }

    /// Appends the binary form; called only when ``isPQNull`` is false.
    func encode(into bytes: inout [UInt8])
}

extension PQEncodable {
    package var isPQNull: Bool { false }
}

/// A value that can be read from a result in PostgreSQL's binary format.
package protocol PQDecodable {
    /// Reads a value that is not NULL.
    ///
    /// - Parameters:
    ///   - bytes: the binary form, valid during the call.
    ///   - oid: the type of the column, or of the array's elements.
    /// - Returns: the value.
    /// - Throws: ``PQError`` with code `decoding` when the type or the bytes do not fit.
    static func decode(_ bytes: RawSpan, oid: UInt32) throws(PQError) -> Self

    /// The value that stands for NULL; the default throws, optionals return `nil`.
    static func decodeNull() throws(PQError) -> Self
}

extension PQDecodable {
    package static func decodeNull() throws(PQError) -> Self {
        throw PQError(.decoding, "NULL where \(Self.self) was asked for; read it as \(Self.self)?")
    }
}

/// A value that travels both ways.
package typealias PQCodable = PQEncodable & PQDecodable

/// A type of ours that is stored as a simpler one: identifiers, enumerations, money.
///
/// A `RawRepresentable` needs no more than `extension PostState: PQConvertible {}`.
package protocol PQConvertible: PQEncodable, PQDecodable {
    /// The stored form.
    associatedtype PQValue: PQEncodable & PQDecodable

    /// Makes a value from its stored form; an error becomes ``PQError`` with code `decoding`.
    init(pqValue: PQValue) throws

    /// The stored form of this value.
    var pqValue: PQValue { get }
}

extension PQConvertible {
    package static var pqType: PQType { PQValue.pqType }

    package var isPQNull: Bool { self.pqValue.isPQNull }

    package func encode(into bytes: inout [UInt8]) { self.pqValue.encode(into: &bytes) }

    package static func decode(_ bytes: RawSpan, oid: UInt32) throws(PQError) -> Self {
        let stored = try PQValue.decode(bytes, oid: oid)
        do {
            return try Self(pqValue: stored)
        } catch let error as PQError {
            throw error
        } catch {
            throw PQError(.decoding, "the stored value is no \(Self.self)", underlying: error)
        }
    }
}

extension PQConvertible where Self: RawRepresentable, RawValue: PQEncodable & PQDecodable {
    /// Makes the case of that raw value, or throws when there is none.
    package init(pqValue: RawValue) throws {
        guard let value = Self(rawValue: pqValue) else {
            throw PQError(.decoding, "the stored value is no \(Self.self)")
        }
        self = value
    }

    /// The raw value.
    package var pqValue: RawValue { self.rawValue }
}

extension Optional: PQEncodable where Wrapped: PQEncodable {
    package static var pqType: PQType { Wrapped.pqType }

    package var isPQNull: Bool {
        switch self {
        case .none: true
        case .some(let value): value.isPQNull
        }
    }

    package func encode(into bytes: inout [UInt8]) {
        if let value = self { value.encode(into: &bytes) }
    }
}

extension Optional: PQDecodable where Wrapped: PQDecodable {
    package static func decode(_ bytes: RawSpan, oid: UInt32) throws(PQError) -> Self {
        try Wrapped.decode(bytes, oid: oid)
    }

    package static func decodeNull() throws(PQError) -> Self { .none }
}
