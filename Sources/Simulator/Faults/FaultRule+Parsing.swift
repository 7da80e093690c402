// SPDX-License-Identifier: MIT

extension FaultRule {
    /// Reads one rule; every unknown or ill-typed member is an error.
    ///
    /// - Throws: ``SimulatorError`` that names the member.
    init(parsing json: JSONValue, id: String) throws(SimulatorError) {
        guard let object = json.object else { throw Self.wrong("a rule must be an object with match and action") }
        var fields = FieldReader(object, path: "rule")
        self.id = try fields.string("id") ?? id
        self.source = object
        var match = FieldReader(try fields.object("match") ?? JSONObject(), path: "match")
        self.match = Match(
            platform: try match.string("platform"), endpoint: try match.string("endpoint"),
            method: try match.string("method")?.uppercased(), account: try match.string("account"),
            probability: try match.number("probability") ?? 1, after: try match.integer("after") ?? 0,
            times: try match.integer("times"))
        try match.finish()
        guard (0...1).contains(self.match.probability) else {
            throw Self.wrong("match.probability must be from 0 to 1")
        }
        guard let action = try fields.object("action") else { throw Self.wrong("action is missing") }
        self.action = try Self.action(action)
        try fields.finish()
    }

    private static func wrong(_ message: String) -> SimulatorError {
        SimulatorError(.invalidFaults, "A fault rule cannot be used: \(message).")
    }

    private static func action(_ object: JSONObject) throws(SimulatorError) -> Action {
        var fields = FieldReader(object, path: "action")
        var action = Action()
        if let latency = try fields.object("latency") {
            var latency = FieldReader(latency, path: "action.latency")
            action.isLatencyBeforeEffect = try Self.moment(&latency, default: .after) == .before
            action.latency = try Self.latency(&latency)
            try latency.finish()
        }
        if let status = try fields.object("status") {
            var status = FieldReader(status, path: "action.status")
            action.status = try Self.status(&status)
            try status.finish()
        }
        if let reset = try fields.object("reset") {
            var reset = FieldReader(reset, path: "action.reset")
            action.reset = try Self.moment(&reset, default: .after)
            try reset.finish()
        }
        action.expiresToken = try fields.bool("expire_token") ?? false
        action.refusesReview = try fields.bool("refuse_review") ?? false
        if let slow = try fields.object("slow_body") {
            var slow = FieldReader(slow, path: "action.slow_body")
            guard let rate = try slow.integer("bytes_per_second"), rate > 0 else {
                throw Self.wrong("action.slow_body.bytes_per_second must be a whole number above 0")
            }
            action.bytesPerSecond = rate
            try slow.finish()
        }
        if let hide = try fields.object("hide_from_lists") {
            var hide = FieldReader(hide, path: "action.hide_from_lists")
            guard let seconds = try hide.number("seconds"), seconds > 0 else {
                throw Self.wrong("action.hide_from_lists.seconds must be above 0")
            }
            action.hiddenSeconds = seconds
            try hide.finish()
        }
        try fields.finish()
        guard !object.members.isEmpty else {
            throw Self.wrong(
                "action is empty; give latency, status, reset, expire_token, refuse_review, slow_body or hide_from_lists"
            )
        }
        return action
    }

    private static func moment(_ fields: inout FieldReader, default moment: Moment) throws(SimulatorError) -> Moment {
        guard let text = try fields.string("when") else { return moment }
        guard let moment = Moment(rawValue: text) else {
            throw Self.wrong("\(fields.path).when must be before or after")
        }
        return moment
    }

    private static func latency(_ fields: inout FieldReader) throws(SimulatorError) -> LatencyDistribution {
        if let fixed = try fields.number("ms") { return .fixed(milliseconds: fixed) }
        if let median = try fields.number("median_ms") {
            return .logNormal(median: median, sigma: try fields.number("sigma") ?? 0.5)
        }
        if let maximum = try fields.number("max_ms") {
            return .uniform(minimum: try fields.number("min_ms") ?? 0, maximum: maximum)
        }
        throw Self.wrong("action.latency needs ms, or min_ms and max_ms, or median_ms and sigma")
    }

    private static func status(_ fields: inout FieldReader) throws(SimulatorError) -> InjectedStatus {
        guard let code = try fields.integer("code"), (400...599).contains(code) else {
            throw Self.wrong("action.status.code must be from 400 to 599")
        }
        var status = InjectedStatus(code: code)
        status.when = try Self.moment(&fields, default: .before)
        status.body = fields.any("body")
        status.retryAfterSeconds = try fields.number("retry_after_seconds")
        for member in try fields.object("headers")?.members ?? [] {
            guard let value = member.value.string else {
                throw Self.wrong("action.status.headers.\(member.key) must be a string")
            }
            status.headers.append(.init(name: member.key, value: value))
        }
        return status
    }
}
