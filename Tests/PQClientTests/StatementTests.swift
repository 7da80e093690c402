// SPDX-License-Identifier: MIT

import PQClient
import Testing

@Suite
struct StatementTests {
    @Test("an interpolated value becomes a bind and never text")
    func binds() {
        let name = "x'; DROP TABLE client; --"
        let statement: Statement = "SELECT 1 FROM client WHERE name = \(name) AND client_id = \(7)"
        #expect(statement.sql == "SELECT 1 FROM client WHERE name = $1 AND client_id = $2")
        #expect(statement.binds.count == 2)
    }

    @Test("a description shows no value")
    func description() {
        let statement: Statement = "SELECT \("secret")"
        #expect("\(statement)" == "SELECT $1")
    }

    @Test("source text can be put in unescaped")
    func unescaped() {
        let statement: Statement = "SELECT \(unescaped: "a, b") FROM t"
        #expect(statement.sql == "SELECT a, b FROM t")
    }

    @Test("joined statements renumber their binds")
    func joined() {
        let filter: Statement = "a = \(1) AND b = \(2)"
        let sum: Statement = "SELECT \(0) WHERE " + filter
        #expect(sum.sql == "SELECT $1 WHERE a = $2 AND b = $3")
        #expect(sum.binds.count == 3)
        let nested: Statement = "SELECT \(0) WHERE \(filter) OR c = \(3)"
        #expect(nested.sql == "SELECT $1 WHERE a = $2 AND b = $3 OR c = $4")
        #expect(nested.binds.count == 4)
    }

    @Test(
        "renumbering leaves quotes and comments alone",
        arguments: [
            ("'$1' $1", "'$1' $2"), ("\"$1\" $1", "\"$1\" $2"), ("-- $1\n$1", "-- $1\n$2"),
            ("/* $1 /* $1 */ $1 */ $1", "/* $1 /* $1 */ $1 */ $2"), ("'it''s $1' $1", "'it''s $1' $2"),
            ("$12", "$13"),
        ])
    func quotes(_ source: String, _ expected: String) {
        let sum = Statement(sql: "", binds: [0]) + Statement(sql: source, binds: [1])
        #expect(sum.sql == expected)
    }
}
