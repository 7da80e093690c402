// SPDX-License-Identifier: MIT

/// A PostgreSQL type as it travels in a message: its object identifier and that of its array type.
///
/// The identifiers are fixed for built-in types (`pg_type.dat` of the server's source).
package struct PQType: Hashable, Sendable {
    /// The type's object identifier.
    package let oid: UInt32
    /// The object identifier of the one-dimensional array of this type; 0 when there is none.
    package let arrayOID: UInt32
    /// The name used in error messages.
    package let name: String

    init(_ name: String, oid: UInt32, arrayOID: UInt32) {
        self.name = name
        self.oid = oid
        self.arrayOID = arrayOID
    }

    /// `boolean`.
    package static let boolean = PQType("boolean", oid: 16, arrayOID: 1000)
    /// `bytea`.
    package static let bytea = PQType("bytea", oid: 17, arrayOID: 1001)
    /// `bigint`.
    package static let bigint = PQType("bigint", oid: 20, arrayOID: 1016)
    /// `smallint`.
    package static let smallint = PQType("smallint", oid: 21, arrayOID: 1005)
    /// `integer`.
    package static let integer = PQType("integer", oid: 23, arrayOID: 1007)
    /// `text`.
    package static let text = PQType("text", oid: 25, arrayOID: 1009)
    /// `tid`, as ``RowPlace``.
    package static let tid = PQType("tid", oid: 27, arrayOID: 1010)
    /// `json`, read only as ``JSONText``.
    package static let json = PQType("json", oid: 114, arrayOID: 199)
    /// `double precision`.
    package static let double = PQType("double precision", oid: 701, arrayOID: 1022)
    /// `real`, read only as `Double`.
    package static let real = PQType("real", oid: 700, arrayOID: 1021)
    /// `timestamptz`.
    package static let timestamptz = PQType("timestamptz", oid: 1184, arrayOID: 1185)
    /// `interval`.
    package static let interval = PQType("interval", oid: 1186, arrayOID: 1187)
    /// `uuid`.
    package static let uuid = PQType("uuid", oid: 2950, arrayOID: 2951)
    /// `jsonb`.
    package static let jsonb = PQType("jsonb", oid: 3802, arrayOID: 3807)

    /// Types whose binary form is the text itself: `text`, `varchar`, `bpchar`, `name`, `unknown`, `json`, `"char"`.
    static func isTextual(_ oid: UInt32) -> Bool {
        switch oid {
        case 25, 1043, 1042, 19, 705, 114, 18: true
        default: false
        }
    }

    /// A readable name for a type identifier in a message.
    static func name(of oid: UInt32) -> String {
        for type in [
            boolean, bytea, bigint, smallint, integer, text, tid, json, double, real, timestamptz, interval, uuid,
            jsonb,
        ] {
            if type.oid == oid { return type.name }
            if type.arrayOID == oid { return "\(type.name)[]" }
        }
        return "type \(oid)"
    }
}
