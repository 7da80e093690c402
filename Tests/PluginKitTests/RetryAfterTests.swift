// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import Testing

@Suite("What Retry-After asks for")
struct RetryAfterTests {
    private static func reply(_ value: String?, date: String? = nil) -> HTTPReply {
        var fields = HTTPFields()
        fields[.retryAfter] = value
        fields[.date] = date
        return HTTPReply(response: HTTPResponse(status: .tooManyRequests, headerFields: fields))
    }

    @Test(
        "a number is a pause in seconds, a day at most; what is none, or no pause, says nothing",
        arguments: [
            ("120", 120), (" 7 ", 7), ("86401", 86_400), ("99999999999999999999999", 86_400), ("0", nil), ("-5", nil),
            ("1e30", nil), ("1.5", nil), ("٣", nil), ("soon", nil), ("", nil), (nil, nil),
        ] as [(String?, Int?)])
    func seconds(value: String?, pause: Int?) {
        #expect(Self.reply(value).retryAfter(at: Date()) == pause.map { .seconds($0) })
    }

    @Test(
        "a date counts from the answer's own date, and without it from the present moment",
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:47:37 GMT", 120),
            ("Sun, 06 Nov 1994 08:49:37 GMT", nil, 37), ("Sun, 06 Nov 1994 08:49:37 GMT", "yesterday", 37),
            ("Wed, 09 Nov 1994 08:49:37 GMT", nil, 86_400), ("Sun, 06 Nov 1994 08:49:00 GMT", nil, nil),
            ("Sat, 05 Nov 1994 08:49:37 GMT", nil, nil), ("Sun, 06 Nov 1994 08:49:37 CET", nil, nil),
            ("Sun, 31 Feb 1995 08:49:37 GMT", nil, nil), ("Sun, 06 Nov 99999 08:49:37 GMT", nil, nil),
            ("Sun Nov  6 08:49:37 1994", nil, nil), ("Sunday, 06-Nov-94 08:49:37 GMT", nil, nil),
        ] as [(String, String?, Int?)])
    func dates(value: String, date: String?, pause: Int?) throws {
        let now = try Date(iso8601: "1994-11-06T08:49:00Z")
        #expect(Self.reply(value, date: date).retryAfter(at: now) == pause.map { .seconds($0) })
    }

    @Test("a date in an answer without one says nothing to who knows no time")
    func clockless() {
        #expect(Self.reply("Sun, 06 Nov 1994 08:49:37 GMT").retryAfter() == nil)
        #expect(Self.reply("60").retryAfter() == .seconds(60))
    }

    @Test("a pause is lengthened and never shortened, and only where trying again may help")
    func wait() {
        for code in PluginError.Code.allCases {
            var error = PluginError(code, "m")
            error.wait(atLeast: nil)
            #expect(error.retryAfter == nil)
            error.wait(atLeast: .seconds(60))
            error.wait(atLeast: .seconds(30))
            let passes: [PluginError.Code] = [.rateLimited, .retryAfter, .ambiguousOutcome]
            #expect(error.retryAfter == (passes.contains(code) ? .seconds(60) : nil), "\(code)")
        }
    }
}
