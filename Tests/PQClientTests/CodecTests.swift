// SPDX-License-Identifier: MIT

import FoundationEssentials
import PQClient
import TestSupport
import Testing

private enum Colour: String, PQConvertible, CaseIterable { case red, green }

private struct CarID: RawRepresentable, Hashable, Sendable, PQConvertible { var rawValue: UUID }

private struct Cents: Hashable, Sendable, PQConvertible {
    var amount: Int
    init(_ amount: Int) { self.amount = amount }
    init(pqValue: Int) { self.amount = pqValue }
    var pqValue: Int { self.amount }
}

@Suite(.postgresSchema)
struct CodecTests {
    @Test("every type travels both ways in binary")
    func roundTrip() async throws {
        let id = UUID()
        let now = Date(timeIntervalSinceReferenceDate: 800_000_000.123456)
        let rows = try await pool.query(
            """
            SELECT \(Int16(-3)) AS a, \(Int32(70_000)) AS b, \(Int.max) AS c, \(true) AS d, \("héllo") AS e, \(id) AS f,
                \(now) AS g, \(1.5) AS h, \(Data([0, 255])) AS i, \(JSONText(#"{"a": 1}"#)) AS j, \(String?.none) AS k,
                \([1, 2, 3]) AS l, \(["x", nil, "z"] as [String?]) AS m, \([UUID]()) AS n, \("") AS o,
                \(Int64.min) AS p, \(Duration.milliseconds(-1_500)) AS q, \(Data()) AS r, \(Double.infinity) AS s
            """)
        let row = try #require(rows.first)
        #expect(try row.get("a", as: Int16.self) == -3)
        #expect(try row.get("b", as: Int32.self) == 70_000)
        #expect(try row.get("c", as: Int.self) == .max)
        #expect(try row.get("d", as: Bool.self))
        #expect(try row.get("e", as: String.self) == "héllo")
        #expect(try row.get("f", as: UUID.self) == id)
        #expect(abs(try row.get("g", as: Date.self).timeIntervalSince(now)) < 0.000_001)
        #expect(try row.get("h", as: Double.self) == 1.5)
        #expect(try row.get("i", as: Data.self) == Data([0, 255]))
        #expect(try row.get("j", as: JSONText.self).text == #"{"a": 1}"#)
        #expect(try row.get("k", as: String?.self) == nil)
        #expect(try row.get("l", as: [Int].self) == [1, 2, 3])
        #expect(try row.get("m", as: [String?].self) == ["x", nil, "z"])
        #expect(try row.get("n", as: [UUID].self) == [])
        #expect(try row.get("o", as: String.self) == "")
        #expect(try row.get("p", as: Int64.self) == .min)
        #expect(try row.get("q", as: Duration.self) == .milliseconds(-1_500))
        #expect(try row.get("r", as: Data.self) == Data())
        #expect(try row.get("s", as: Double.self) == .infinity)
    }

    @Test("a row's place finds the row again, alone and among others")
    func places() async throws {
        try await pool.execute("CREATE TABLE thing (name text)")
        let places: [RowPlace] = try await pool.query(
            "INSERT INTO thing SELECT 'n' || n FROM generate_series(1, 600) AS n RETURNING ctid"
        ).column()
        #expect(places[0] == RowPlace(block: 0, item: 1) && places.last?.block != 0)
        let found: [String] = try await pool.query(
            "SELECT name FROM thing WHERE ctid = \(places[7]) OR ctid = ANY (\([places[599], nil])) ORDER BY name"
        ).column()
        #expect(found == ["n600", "n8"])
        await #expect(throws: PQError.self) {
            try await pool.query("SELECT 7::bigint").column() as [RowPlace]
        }
    }

    @Test("arrays of every type travel both ways, with NULLs in them")
    func arrays() async throws {
        let id = UUID()
        let date = Date(timeIntervalSinceReferenceDate: -1_000_000_000.5)
        let rows = try await pool.query(
            """
            SELECT \([Int16(1)]) AS a, \([Int32(1), nil]) AS b, \([true, nil]) AS c, \([id, nil]) AS d,
                \([date, nil]) AS e, \([0.25, nil]) AS f, \([Data([1]), nil]) AS g, \([JSONText("[]"), nil]) AS h,
                \([Colour.green, nil]) AS i, \([CarID(rawValue: id)]) AS j, \([Int64(5)]) AS k, \([String]()) AS l
            """)
        let row = try #require(rows.first)
        #expect(try row.get("a", as: [Int16].self) == [1])
        #expect(try row.get("b", as: [Int32?].self) == [1, nil])
        #expect(try row.get("c", as: [Bool?].self) == [true, nil])
        #expect(try row.get("d", as: [UUID?].self) == [id, nil])
        #expect(try row.get("e", as: [Date?].self) == [date, nil])
        #expect(try row.get("f", as: [Double?].self) == [0.25, nil])
        #expect(try row.get("g", as: [Data?].self) == [Data([1]), nil])
        #expect(try row.get("h", as: [JSONText?].self) == ["[]", nil])
        #expect(try row.get("i", as: [Colour?].self) == [.green, nil])
        #expect(try row.get("j", as: [CarID].self) == [CarID(rawValue: id)])
        #expect(try row.get("k", as: [Int64].self) == [5])
        #expect(try row.get("l", as: [String].self) == [])
    }

    @Test("no cast is needed: the server knows the types of binds")
    func types() async throws {
        let names = try await pool.query(
            "SELECT unnest(ARRAY[pg_typeof(\(UUID()))::text, pg_typeof(\([1]))::text, pg_typeof(\(Date?.none))::text])"
        ).column(String.self)
        #expect(names == ["uuid", "bigint[]", "timestamp with time zone"])
    }

    @Test("enumerations, identifiers and money of ours are bound and read as their stored form")
    func convertibles() async throws {
        let id = CarID(rawValue: UUID())
        let row = try #require(
            try await pool.query("SELECT \(Colour.red) AS a, \(id) AS b, \(Cents(250)) AS c, \(Cents?.none) AS d").first
        )
        #expect(try row.get("a", as: Colour.self) == .red)
        #expect(try row.get("a", as: String.self) == "red")
        #expect(try row.get("b", as: CarID.self) == id)
        #expect(try row.get("c", as: Cents.self) == Cents(250))
        #expect(try row.get("d", as: Cents?.self) == nil)
    }

    @Test("an unknown case of an enumeration is a decoding error that names the column")
    func unknownCase() async throws {
        let row = try #require(try await pool.query("SELECT 'blue' AS colour").first)
        let error = #expect(throws: PQError.self) { try row.get("colour", as: Colour.self) }
        #expect(error?.code == .decoding)
        #expect(error?.column == "colour")
    }

    @Test("a date keeps its microseconds through any number of round trips", arguments: [-5e9, -0.25, 0, 8.1e8, 5e9])
    func dates(_ seconds: Double) async throws {
        var date = Date(timeIntervalSinceReferenceDate: seconds + 0.123457)
        let first = try await pool.query("SELECT extract(epoch FROM \(date)) :: text").single(String.self)
        for _ in 0..<3 { date = try await pool.query("SELECT \(date)").single() }
        let last = try await pool.query("SELECT extract(epoch FROM \(date)) :: text").single(String.self)
        #expect(first == last)
    }

    @Test(
        "a value that does not fit the asked type is a decoding error",
        arguments: ["70000", "'x'", "1.5::float8", "NULL::int", "'infinity'::timestamptz", "'{}'::jsonb", "ARRAY[1]"])
    func mismatches(_ sql: String) async throws {
        let row = try #require(try await pool.query(Statement(sql: "SELECT \(sql) AS v")).first)
        let error = #expect(throws: PQError.self) { try row.get("v", as: Int16.self) }
        #expect(error?.code == .decoding)
        #expect(throws: PQError.self) { try row.get("v", as: Date.self) }
    }

    @Test("integers widen, and narrow when the value fits")
    func integers() async throws {
        let row = try #require(try await pool.query("SELECT 7::int2 AS a, 7::int4 AS b, 7::int8 AS c").first)
        for name in ["a", "b", "c"] {
            #expect(try row.get(name, as: Int.self) == 7)
            #expect(try row.get(name, as: Int32.self) == 7)
            #expect(try row.get(name, as: Int16.self) == 7)
        }
    }

    @Test("a missing column, or one past the end, is a decoding error")
    func missing() async throws {
        let rows = try await pool.query("SELECT 1 AS a")
        #expect(throws: PQError.self) { try rows[0].get("b", as: Int.self) }
        #expect(throws: PQError.self) { try rows[0].get(1, as: Int.self) }
        #expect(try rows[0].get(0, as: Int32.self) == 1)
        #expect(rows.columnNames == ["a"])
    }

    @Test("rows outlive the connection they came from")
    func lifetime() async throws {
        let rows = try await pool.withConnection { db async throws in
            try await db.query("SELECT n, repeat('x', 1000) AS text FROM generate_series(1, 100) n")
        }
        await pool.close()
        #expect(try rows.map { try $0.get("text", as: String.self).count }.allSatisfy { $0 == 1_000 })
    }
}
