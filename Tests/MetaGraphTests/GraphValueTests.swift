// SPDX-License-Identifier: MIT

import Foundation
import PluginKit
import Testing

@testable import MetaGraph

@Suite("Values of Graph")
struct GraphValueTests {
    private func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        try GraphCoding.decoder().decode(type, from: Data(text.utf8))
    }

    @Test("identities are texts whatever they were written as, and lose no digit")
    func identities() throws {
        let ids = try self.decode([GraphID].self, #"["17841405822304914",17841405822304914,"1_2"]"#)
        #expect(ids.map(\.text) == ["17841405822304914", "17841405822304914", "1_2"])
        #expect(throws: (any Error).self) { try self.decode([GraphID].self, "[null]") }
    }

    @Test(
        "instants come in every form of the documents",
        arguments: [
            "2026-11-21T10:00:00+0000", "2026-11-21T10:00:00Z", "2026-11-21T11:00:00+01:00",
            "2026-11-21T03:00:00-0700", "1795255200",
        ])
    func instants(text: String) {
        #expect(GraphCoding.date(text) == Date(timeIntervalSince1970: 1_795_255_200))
    }

    @Test("an instant beyond the calendar is its end", arguments: ["1e30", "99999999999999999999"])
    func lateInstants(text: String) throws {
        let end = Date(timeIntervalSince1970: 253_402_300_799)
        #expect(try GraphCoding.date(text) == end && self.decode([Date].self, "[\(text)]") == [end])
    }

    @Test("what is no instant is none")
    func noInstants() {
        #expect(GraphCoding.date("nan") == nil)
        #expect(GraphCoding.date("yesterday") == nil && GraphCoding.date("") == nil)
    }

    @Test(
        "a value is a number, the sum of a breakdown, or nothing",
        arguments: [
            ("5", 5), ("5.0", 5), (#"{"like":3,"love":2}"#, 5), ("{}", 0), (#""5""#, nil), ("null", nil),
            ("[1,2]", nil), (#"{"a":1,"b":"x"}"#, nil), ("true", nil),
            ("1e30", nil), (#"{"a":9223372036854775807,"b":9223372036854775807}"#, .max),
        ] as [(String, Int64?)])
    func counts(text: String, count: Int64?) throws {
        #expect(try self.decode(GraphValue.self, text).count == count)
    }

    @Test("only a page that names another has one; its cursor alone says nothing")
    func pages() throws {
        func page(_ paging: String) throws -> GraphPage<GraphID> {
            try self.decode(GraphPage<GraphID>.self, #"{"data":[]\#(paging)}"#)
        }
        #expect(try page("").after == nil)
        #expect(try page(#","paging":{"cursors":{"after":"c"}}"#).after == nil)
        #expect(try page(#","paging":{"cursors":{"after":"c"},"next":"https://x"}"#).after == "c")
        #expect(try page(#","paging":{"next":"https://x/?limit=5&after=d%3D"}"#).after == "d=")
        let other = try page(#","paging":{"next":"https://x/?until=5"}"#)
        #expect(other.after == nil && other.hasMore)
    }

    @Test("words are the same when only spaces and composition differ")
    func words() {
        #expect(GraphText.same("Cafe\u{301} \n au lait", "Caf\u{e9} au  lait "))
        #expect(!GraphText.same("Cafe", "Caf\u{e9}") && GraphText.same(nil, " "))
    }
}
