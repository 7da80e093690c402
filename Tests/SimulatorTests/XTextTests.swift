// SPDX-License-Identifier: MIT

import Testing

@testable import Simulator

@Suite("X text")
struct XTextTests {
    @Test(
        "length is weighted",
        arguments: [
            ("hello", 5), ("日本", 4), ("é", 1), ("e\u{301}", 1), ("👍", 2), ("👨‍👩‍👧‍👦", 2), ("🇩🇪", 2), ("☺️", 2), ("1️⃣", 2),
            ("“q”", 3),
            ("see https://example.com/a/very/long/path?with=query&and=more now", 4 + 23 + 4), ("example.com", 23),
            ("www.example.co", 23), ("(https://a.de/x)", 25), ("https://a.de/x.", 24), ("a.b", 3),
            ("mail a@example.com", 18),
            ("http://localhost/x", 18), ("", 0),
        ])
    func length(text: String, expected: Int) {
        #expect(XText(text).weightedLength() == expected)
    }

    @Test("leading mentions of a reply do not count")
    func replies() {
        #expect(XText("@alice @bob hi").weightedLength(isReply: true) == 2)
        #expect(XText("@alice hi").weightedLength() == 9)
        #expect(XText("hi @alice").weightedLength(isReply: true) == 9)
    }

    @Test("links are found with what belongs to them")
    func links() {
        let text = XText("One https://a.example/x_(y), two http://b.de:8080?q=1#f and c.com/z! #d.com @e.com")
        #expect(text.linkTexts == ["https://a.example/x_(y)", "http://b.de:8080?q=1#f", "c.com/z"])
    }

    @Test("shown text has short links and entities")
    func shown() {
        #expect(XText("a < b & https://x.de/?a=1&b=2 > c").shown(replacing: ["S"]) == "a &lt; b &amp; S &gt; c")
    }

    @Test(
        "cashtags are told from prices",
        arguments: [("$TSLA and $tsla", 1), ("$AAPL $TSLA", 2), ("US$5 $5 a$BC", 0), ("$TOOLONGX", 0)])
    func cashtags(text: String, expected: Int) {
        #expect(XText(text).cashtags == expected)
    }

    @Test("a mention is a whole handle")
    func mentions() {
        #expect(XText("hi @Acme!").mentions("acme"))
        #expect(!XText("hi @acmeco").mentions("acme"))
    }

    @Test("the contract's schema names what is wrong")
    func schema() throws {
        func problems(_ text: String) throws -> [String] {
            XSchema.createPost.problems(of: try JSONParser.parse(text.utf8))
        }
        #expect(try problems(#"{"text":"a","reply":{"in_reply_to_tweet_id":"12"}}"#).isEmpty)
        #expect(try problems(#"{"text":1}"#) == ["$.text: integer found, string expected"])
        #expect(try problems(#"{"foo":1}"#).first?.contains("$.foo: is not defined") == true)
        #expect(
            try problems(#"{"media":{"media_ids":[]}}"#) == [
                "$.media.media_ids: there must be a minimum of 1 items in the array"
            ])
        #expect(try problems(#"{"media":{"media_ids":["x"]}}"#).first?.contains("regex") == true)
        #expect(try problems(#"{"poll":{"options":["a","b"],"duration_minutes":4}}"#).count == 1)
        #expect(try problems(#"{"reply":{}}"#) == ["$.reply.in_reply_to_tweet_id: is missing but it is required"])
        #expect(try problems(#"{"reply_settings":"everyone"}"#).count == 1)
    }
}
