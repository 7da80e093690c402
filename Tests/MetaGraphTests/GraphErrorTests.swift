// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import Testing

@testable import MetaGraph

/// One row of the sheets: what Graph says and what is to be done.
struct GraphRow: Sendable, CustomTestStringConvertible {
    var code: Int
    var subcode: Int?
    var status = 400
    var isTransient = false
    /// For a call that creates.
    var kind: PluginError.Code
    /// For a read; the same unless given.
    var reading: PluginError.Code?
    var scope = PluginError.Scope.account
    var pause: Duration?

    var testDescription: String {
        "\(self.code)\(self.subcode.map { "/\($0)" } ?? "")\(self.isTransient ? " transient" : "")"
    }

    init(
        _ code: Int, _ subcode: Int?, _ kind: PluginError.Code, reading: PluginError.Code? = nil,
        scope: PluginError.Scope = .account, pause: Duration? = nil, isTransient: Bool = false, status: Int = 400
    ) {
        self.code = code
        self.subcode = subcode
        self.kind = kind
        self.reading = reading
        self.scope = scope
        self.pause = pause
        self.isTransient = isTransient
        self.status = status
    }

    init(
        _ code: Int, _ kind: PluginError.Code, reading: PluginError.Code? = nil, scope: PluginError.Scope = .account,
        pause: Duration? = nil, isTransient: Bool = false, status: Int = 400
    ) {
        self.init(
            code, nil, kind, reading: reading, scope: scope, pause: pause, isTransient: isTransient, status: status)
    }

    var reply: HTTPReply {
        .json(
            self.status,
            #"{"error":{"message":"m","code":\#(self.code)\#(self.subcode.map { #","error_subcode":\#($0)"# } ?? ""),"is_transient":\#(self.isTransient)}}"#
        )
    }

    static let service: [Self] = [
        Self(1, .ambiguousOutcome, reading: .retryAfter), Self(2, .ambiguousOutcome, reading: .retryAfter),
        Self(1, .ambiguousOutcome, reading: .retryAfter, status: 500),
        Self(100, .ambiguousOutcome, reading: .retryAfter, isTransient: true),
        Self(10, .ambiguousOutcome, reading: .retryAfter, isTransient: true),
        Self(987_654, .ambiguousOutcome, reading: .retryAfter, status: 500), Self(987_654, .permanent),
        Self(-1, .retryAfter), Self(-2, .retryAfter), Self(-3, .retryAfter), Self(6001, .retryAfter),
        Self(2635, .permanent, scope: .app),
    ]

    static let limits: [Self] =
        Self.codes([80_000, 80_001, 80_002, 80_003, 80_004, 80_005, 80_006, 80_008, 80_009, 80_014], .rateLimited)
        + Self.rows(613, [1_487_742, 5_044_001, 1996], .rateLimited)
        + [
            Self(4, .rateLimited, scope: .app), Self(4, .rateLimited, scope: .app, isTransient: true),
            Self(17, .rateLimited), Self(17, 2_446_079, .rateLimited), Self(32, .rateLimited),
            Self(341, .rateLimited, scope: .app), Self(613, .rateLimited),
            Self(613, 1_487_632, .rateLimited, pause: .seconds(3600)),
        ]

    static let access: [Self] =
        Self.rows(190, [458, 460, 463, 464, 467, 492], .reauthorize) + Self.codes([102, 190], .reauthorize)
        + Self.codes([104, 2500], .permanent) + Self.codes([3, 10, 200, 210, 299, 368], .needsHuman)
        + Self.rows(368, [1_346_003, 1_404_112], .needsHuman) + [Self(190, 459, .needsHuman)]
        + [Self(368, 1_390_008, .needsHuman, pause: .seconds(14_400))]
        + Self.either([1_404_078, 1_404_006, 4_854_002], .needsHuman)

    static let content: [Self] =
        [Self(506, .duplicate), Self(506, 1_455_006, .duplicate), Self(3001, 1_504_028, .permanent)]
        + Self.either([1_366_051], .duplicate) + Self.codes([100, 324, 352, 382, 389, 6000], .permanent)
        + Self.either([1_366_046, 2_069_019, 1_609_005, 1_609_008, 2_061_006, 1_349_125, 1_404_102], .permanent)
        + Self.either([1_363_047, 1_609_010], .retryAfter) + [Self(100, 33, .permanent)]

    static let containers: [Self] =
        Self.rows(-2, [2_207_003, 2_207_020], .retryAfter) + Self.rows(-1, [2_207_032, 2_207_053], .retryAfter)
        + Self.either([2_207_077, 2_207_082], .retryAfter)
        + [
            Self(-1, 2_207_001, .ambiguousOutcome, reading: .retryAfter),
            Self(24, 2_207_008, .retryAfter, pause: .seconds(60)),
            Self(9007, 2_207_027, .retryAfter, pause: .seconds(30)),
            Self(9, 2_207_042, .rateLimited, scope: .endpoint, pause: .seconds(3600)),
            Self(4, 2_207_051, .needsHuman, pause: .seconds(14_400)), Self(25, 2_207_050, .needsHuman),
            // As the text of a container's status has them: the subcode alone.
            Self(2_207_051, .needsHuman, pause: .seconds(14_400)), Self(2_207_050, .needsHuman),
            Self(2_207_042, .rateLimited, scope: .endpoint, pause: .seconds(3600)),
            Self(2_207_008, .retryAfter, pause: .seconds(60)), Self(2_207_006, .permanent),
            Self(2_207_027, .retryAfter, pause: .seconds(30)), Self(2_207_037, .permanent),
            Self(2_207_052, .permanent), Self(2_207_010, .permanent), Self(2_207_028, .permanent),
        ]

    static let files: [Self] =
        Self.rows(100, [2_207_023, 2_207_028, 2_207_081] + Array(2_207_035...2_207_040), .permanent)
        + [
            Self(24, 2_207_006, .permanent), Self(1, 2_207_057, .permanent), Self(352, 2_207_026, .permanent),
            Self(9004, 2_207_052, .permanent), Self(36_000, 2_207_004, .permanent),
            Self(36_001, 2_207_005, .permanent), Self(36_003, 2_207_009, .permanent),
            Self(36_004, 2_207_010, .permanent),
        ]

    static let promotion: [Self] =
        Self.rows(
            100,
            [
                1_885_621, 1_885_272, 1_885_650, 2_446_307, 1_487_033, 1_487_929, 1_487_472, 1_885_557, 2_446_289,
                2_490_155, 2_490_487, 2_875_030, 2_875_039, 1_815_279, 1_815_199,
            ], .permanent)
        + Self.rows(100, [2_490_427, 2_490_468, 3_858_079, 3_858_081, 2_909_034], .needsHuman)
        + [Self(100, 1_885_183, .needsHuman, scope: .app), Self(100, 3_910_001, .retryAfter)]

    static let all = service + limits + access + content + containers + files + promotion

    private static func codes(_ codes: [Int], _ kind: PluginError.Code) -> [Self] { codes.map { Self($0, kind) } }
    private static func rows(_ code: Int, _ subcodes: [Int], _ kind: PluginError.Code) -> [Self] {
        subcodes.map { Self(code, $0, kind) }
    }
    /// Numbers of posting that stand as code or as subcode.
    private static func either(_ numbers: [Int], _ kind: PluginError.Code) -> [Self] {
        numbers.flatMap { [Self($0, kind), Self(100, $0, kind)] }
    }
}

@Suite("What Graph's refusals mean")
struct GraphErrorTests {
    private func failure(_ reply: HTTPReply, creates: Bool) -> PluginError {
        GraphFailure(creates: creates, endpoint: "e", hidden: [Secret("EAAtoken")]).error(reply)
    }

    @Test("every documented row has its class, scope and pause", arguments: GraphRow.all)
    func rows(row: GraphRow) {
        let error = self.failure(row.reply, creates: true)
        #expect(error.code == row.kind && error.scope == row.scope && error.retryAfter == row.pause)
        #expect(error.endpoint == (row.scope == .endpoint ? "e" : nil))
        #expect(self.failure(row.reply, creates: false).code == row.reading ?? row.kind)
        #expect(error.nextAction?.isEmpty == false)
    }

    @Test("every row has a sentence and a next action, and what is to be done belongs to one class")
    func actions() {
        var classes: [String: Set<GraphErrorRule.Effect>] = [:]
        for rule in GraphErrorRule.table {
            #expect(!rule.meaning.isEmpty && rule.nextAction?.isEmpty == false, "\(rule.meaning)")
            classes[rule.nextAction ?? "", default: []].insert(rule.effect)
        }
        let usual = PluginError.Code.retryAfter.usualNextAction
        for (action, effects) in classes where action != usual { #expect(effects.count == 1, "\(action)") }
    }

    @Test(
        "an answer without Graph's own words is unknown for what creates",
        arguments: [(500, "<html>"), (502, ""), (504, "{"), (400, #"{"error":{"message":"cut o"#), (403, "Forbidden")])
    func wordless(status: Int, body: String) {
        #expect(self.failure(.json(status, body), creates: true).code == .ambiguousOutcome)
        #expect(self.failure(.json(status, body), creates: false).code == .retryAfter)
    }

    @Test("what Facebook says to people is shown, without the token, and the rest is kept for its support")
    func words() {
        let body =
            #"{"error":{"message":"(#100) raw","error_user_msg":"Bitte EAAtoken ersetzen","code":100,"error_subcode":33,"fbtrace_id":"Atrace","error_data":"{\"blame_field_specs\":[[\"message\"]]}"}}"#
        let error = self.failure(.json(400, body), creates: true)
        #expect(error.message == "Bitte <secret> ersetzen" && error.platformCode == "100/33" && error.isGone)
        #expect(error.requestID == "Atrace" && error.field == "message" && error.httpStatus == 400)
    }

    @Test("the field that is to blame comes as an object too, and anything else blames nothing")
    func blame() {
        func field(_ data: String) -> String? {
            self.failure(.json(400, #"{"error":{"code":100,"error_data":\#(data)}}"#), creates: true).field
        }
        #expect(field(#"{"blame_field_specs":[["link"]]}"#) == "link")
        #expect(field(#""only words""#) == nil && field("[]") == nil && field("{}") == nil && field("null") == nil)
    }

    @Test(
        "a limit's pause is the longest that the headers name",
        arguments: [
            (
                [
                    "X-Business-Use-Case-Usage":
                        #"{"1":[{"type":"pages","call_count":100,"estimated_time_to_regain_access":3}],"2":[{"estimated_time_to_regain_access":10}]}"#
                ], 600
            ),
            (["X-Ad-Account-Usage": #"{"acc_id_util_pct":100,"reset_time_duration":90}"#], 90),
            (["X-App-Usage": #"{"call_count":100,"total_time":3,"total_cputime":3}"#], nil),
            (["X-Business-Use-Case-Usage": #"{"1":[{"call_count":100,"estimated_time_to_regain_access":0}]}"#], nil),
            (["X-App-Usage": "broken"], nil),
        ] as [([String: String], Int?)])
    func pauses(headers: [String: String], seconds: Int?) {
        let reply = HTTPReply.json(400, #"{"error":{"code":80001,"message":"m"}}"#, headers)
        #expect(self.failure(reply, creates: false).retryAfter == seconds.map { .seconds($0) })
    }

    @Test("a pause that the documents name is never shortened")
    func longest() {
        let headers = ["X-Ad-Account-Usage": #"{"acc_id_util_pct":100,"reset_time_duration":90}"#]
        let reply = HTTPReply.json(400, #"{"error":{"code":613,"error_subcode":1487632}}"#, headers)
        #expect(self.failure(reply, creates: false).retryAfter == .seconds(3600))
    }

    @Test("the headers of any answer say how much of which limit is used")
    func loads() {
        let reply = HTTPReply.json(
            200, "{}",
            [
                "X-App-Usage": #"{"call_count":12,"total_time":80.2,"total_cputime":3}"#,
                "X-Page-Usage": #"{"call_count":76}"#,
                "X-Business-Use-Case-Usage":
                    #"{"9":[{"type":"instagram","call_count":100,"total_cputime":1,"total_time":1,"estimated_time_to_regain_access":2}]}"#,
            ])
        #expect(
            GraphUsage(reply).loads == [
                RateLoad(scope: .app, percent: 81), RateLoad(scope: .account, percent: 76),
                RateLoad(scope: .account, percent: 100, pause: .seconds(120)),
            ])
        #expect(GraphUsage(.json(200, "{}")).loads.isEmpty)
    }

    @Test("what the numbers of ads use up is said of that endpoint alone, for the app and the ad account")
    func insightsThrottle() {
        let header = #"{"app_id_util_pct":80.5,"acc_id_util_pct":100,"ads_api_access_tier":"standard_access"}"#
        let reply = HTTPReply.json(200, "{}", ["X-FB-Ads-Insights-Throttle": header])
        #expect(
            GraphUsage(reply, endpoint: MarketingEndpoint.insights).loads == [
                RateLoad(scope: .app, percent: 81, endpoint: MarketingEndpoint.insights),
                RateLoad(scope: .account, percent: 100, endpoint: MarketingEndpoint.insights),
            ])
        #expect(GraphUsage(reply).pause == nil)
        let broken = HTTPReply.json(200, "{}", ["X-FB-Ads-Insights-Throttle": "soon"])
        #expect(GraphUsage(broken, endpoint: "e").loads.isEmpty)
    }

    @Test(
        "shares and pauses beyond all sense are kept within what can be meant, and end nothing",
        arguments: [("1e30", 1_000, Duration.longestSaid), ("-1e30", 0, nil)] as [(String, Int, Duration?)])
    func senseless(number: String, percent: Int, pause: Duration?) {
        let reply = HTTPReply.json(
            200, "{}",
            [
                "X-App-Usage": #"{"call_count":\#(number)}"#,
                "X-Ad-Account-Usage": #"{"acc_id_util_pct":\#(number),"reset_time_duration":\#(number)}"#,
                "X-Business-Use-Case-Usage":
                    #"{"9":[{"total_time":\#(number),"estimated_time_to_regain_access":\#(number)}]}"#,
                "X-FB-Ads-Insights-Throttle": #"{"app_id_util_pct":\#(number),"acc_id_util_pct":\#(number)}"#,
            ])
        #expect(
            GraphUsage(reply, endpoint: "e").loads == [
                RateLoad(scope: .app, percent: percent), RateLoad(scope: .account, percent: percent, pause: pause),
                RateLoad(scope: .account, percent: percent, pause: pause),
                RateLoad(scope: .app, percent: percent, endpoint: "e"),
                RateLoad(scope: .account, percent: percent, endpoint: "e"),
            ])
    }
}
