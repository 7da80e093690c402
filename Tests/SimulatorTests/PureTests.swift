// SPDX-License-Identifier: MIT

import Testing

@testable import Simulator

@Suite("Building blocks")
struct PureTests {
    @Test(
        "instants survive being written and read",
        arguments: [0, 1_795_252_640_123, -1, 951_782_400_000, 4_102_444_799_999])
    func instants(milliseconds: Int64) {
        let time = WorldTime(milliseconds: milliseconds)
        #expect(WorldTime(iso8601: time.iso8601) == time)
    }

    @Test("instants are written as ISO 8601")
    func iso() {
        #expect(WorldTime(milliseconds: 951_782_400_000).iso8601 == "2000-02-29T00:00:00.000Z")
        #expect(WorldTime(iso8601: "2026-11-21T10:24:00+01:00")?.iso8601 == "2026-11-21T09:24:00.000Z")
        #expect(WorldTime(iso8601: "2026-11-21T09:24:00.5Z")?.iso8601 == "2026-11-21T09:24:00.500Z")
    }

    @Test(
        "what is not an instant is refused",
        arguments: [
            "2026-02-29T00:00:00Z", "2026-11-21", "2026-11-21T09:24:00", "2026-13-01T00:00:00Z",
            "2026-11-21T09:24:00.Z",
        ])
    func notInstants(text: String) {
        #expect(WorldTime(iso8601: text) == nil)
    }

    @Test("the world's clock runs at its rate from its epoch")
    func clock() {
        let clock = WorldClock(worldEpoch: 1000, realEpoch: 100, rate: 60)
        #expect(clock.world(atReal: 101) == WorldTime(epochSeconds: 1060))
        #expect(clock.world(atReal: 99.5) == WorldTime(epochSeconds: 970))
    }

    @Test("JSON keeps order, tells numbers apart and survives a round trip")
    func json() throws {
        let text = #"{"b":1,"a":[1.5,true,null,"\u00e9\ud83d\ude00\n\"\\"],"c":{}}"#
        let value = try JSONParser.parse(text.utf8)
        #expect(value.object?.keys == ["b", "a", "c"])
        #expect(value["b"]?.integer == 1)
        #expect(value["a"]?.array?.first?.integer == nil)
        #expect(value["a"]?.array?.last?.string == "é😀\n\"\\")
        #expect(try JSONParser.parse(value.encoded) == value)
    }

    @Test(
        "what is not JSON is refused",
        arguments: [
            "", "{", "[1,]", "{\"a\":1,\"a\":2}", "01", "1 2", "\"\u{1}\"", "{a:1}", "nul", "\"\\ud800\"", "1e999",
        ])
    func notJSON(text: String) {
        #expect(throws: JSONParseError.self) { try JSONParser.parse(text.utf8) }
    }

    @Test("a window counts in the world's time and begins with its first request")
    func limiter() {
        var limiter = RateLimiter()
        let limit = RateLimiter.Limit(requests: 2, seconds: 900)
        let start = WorldTime(epochSeconds: 1000)
        #expect(limiter.take("k", limit, now: start).remaining == 1)
        #expect(limiter.take("k", limit, now: start + 1).isAllowed)
        let refused = limiter.take("k", limit, now: start + 899)
        #expect(!refused.isAllowed)
        #expect(refused.resetsAt == start + 900)
        #expect(limiter.take("k", limit, now: start + 900).isAllowed)
    }

    @Test("a limit scales, but never to nothing")
    func scale() {
        let limit = RateLimiter.Limit(requests: 50, seconds: 60)
        #expect(limit.scaled(by: 10).requests == 500)
        #expect(limit.scaled(by: 0.001).requests == 1)
    }

    @Test(
        "globs match as a whole",
        arguments: [
            ("/v1/posts*", "/v1/posts/p_1", true), ("/v1/posts", "/v1/posts/p_1", false), ("*", "/anything", true),
            ("/2/*/tweets", "/2/users/1/tweets", true), ("/2/*/tweets", "/2/users/1/tweets/2", false),
        ])
    func globs(pattern: String, text: String, fits: Bool) {
        #expect(Glob.matches(pattern, text) == fits)
    }

    @Test("forms are decoded, and encoding undoes it")
    func forms() {
        let form = FormFields(parsing: "a=1+2&b=%C3%A9%26&c")
        #expect(form["a"] == "1 2")
        #expect(form["b"] == "é&")
        #expect(form["c"] == "")
        #expect(FormFields.decoded(FormFields.encoded("ä b/+&")) == "ä b/+&")
    }

    @Test("a multipart body is split at its boundary")
    func multipart() throws {
        let text =
            "--B\r\nContent-Disposition: form-data; name=\"segment_index\"\r\n\r\n0\r\n"
            + "--B\r\nContent-Disposition: form-data; name=\"media\"; filename=\"x.png\"\r\nContent-Type: image/png\r\n\r\n\r\n--no\r\n--B--\r\n"
        let body = try #require(MultipartBody(Array(text.utf8), contentType: "multipart/form-data; boundary=\"B\""))
        #expect(body.parts.map(\.name) == ["segment_index", "media"])
        #expect(body["media"]?.bytes == Array("\r\n--no".utf8))
        #expect(MultipartBody(Array("--B\r\n".utf8), contentType: "multipart/form-data; boundary=B") == nil)
    }

    @Test("a PKCE challenge is the one of RFC 7636")
    func pkce() {
        #expect(
            World.challenge(for: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
                == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
    }
}
