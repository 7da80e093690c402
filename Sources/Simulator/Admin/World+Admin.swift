// SPDX-License-Identifier: MIT

/// The simulator's own endpoints. They need no token: the simulator is a tool for the machine it runs on.
extension World {
    /// Answers a request under `/_admin`.
    mutating func adminAnswer(_ request: SimulatedRequest) -> SimulatedResponse {
        do {
            return try self.adminResult(request)
        } catch {
            return Self.adminRefusal(400, error.message)
        }
    }

    private static func adminRefusal(_ status: Int, _ message: String) -> SimulatedResponse {
        .json(["error": ["message": .string(message)]], status: status)
    }

    private mutating func adminResult(_ request: SimulatedRequest) throws(SimulatorError) -> SimulatedResponse {
        let now = self.clock.world(atReal: request.realTime)
        switch (request.method, request.path) {
        case ("GET", "/ledger"): return .json(self.ledger.report(try Self.filter(request.query)))
        case ("GET", "/ledger/summary"): return .json(self.ledger.summary())
        case ("GET", "/calls"): return .json(self.calls.report(try Self.callFilter(request.query)))
        case ("GET", "/faults"): return .json(self.faultReport())
        case ("POST", "/faults"):
            let added = try self.faults.add(try Self.body(request))
            return .json(["rules": .array(added.map(\.report))], status: 201)
        case ("DELETE", "/faults"): return .json(["removed": JSONValue(self.faults.remove(id: request.query["id"]))])
        case ("GET", "/clock"): return .json(self.clockReport(now, request.realTime))
        case ("POST", "/clock"): return .json(try self.setClock(request))
        case ("GET", "/accounts"):
            return .json(["accounts": .array(self.accountOrder.map { self.accountReport($0, now) })])
        case ("POST", "/accounts"): return try self.addAccounts(request, now)
        case ("POST", "/apps"): return try self.addApps(request)
        case ("POST", "/people"): return try self.addPeople(request, now)
        case ("POST", "/ad_accounts"): return try self.addAdAccounts(request, now)
        case ("POST", "/hosts"): return try self.addHosts(request)
        case ("GET", "/audience"): return .json(try self.audienceReport(request.query, now))
        case ("GET", "/posts"): return .json(try self.postReport(request.query, now))
        case ("POST", "/comments"): return try self.addComments(request, now)
        case ("DELETE", "/comments"): return try self.removeComment(request, now)
        case ("GET", "/campaigns"): return .json(self.campaignReport(now))
        case ("GET", "/ads"): return .json(try self.adReport(request.query, now))
        case ("GET", "/ads/spend"): return .json(try self.adSpendReport(request.query, now))
        case ("GET", "/state"): return .json(self.stateReport(now, request.realTime))
        case ("POST", "/reset"): return .json(try self.reset(request))
        default:
            return Self.adminRefusal(
                404,
                "There is no \(request.method) /_admin\(request.path). There are: GET ledger, ledger/summary, calls, faults, clock, accounts, audience, posts, campaigns, ads, ads/spend, state; POST accounts, apps, people, ad_accounts, hosts, comments, faults, clock, reset; DELETE faults, comments."
            )
        }
    }

    static func body(_ request: SimulatedRequest) throws(SimulatorError) -> JSONValue {
        do {
            return try JSONParser.parse(request.body)
        } catch {
            throw SimulatorError(.invalidInput, "The body is not JSON: \(error.message) at byte \(error.offset).")
        }
    }

    private static func filter(_ query: FormFields) throws(SimulatorError) -> Ledger.Filter {
        var filter = Ledger.Filter(
            platform: query["platform"], account: query["account"],
            marker: query["marker"].map {
                $0.hasPrefix("[") && $0.hasSuffix("]") ? String($0.dropFirst().dropLast()) : $0
            },
            kind: query["kind"],
            duplicatesOnly: query["duplicates"] == "1" || query["duplicates"] == "true")
        (filter.after, filter.limit) = try Self.page(query)
        return filter
    }

    private static func callFilter(_ query: FormFields) throws(SimulatorError) -> CallLog.Filter {
        let (after, limit) = try Self.page(query)
        return CallLog.Filter(platform: query["platform"], after: after, limit: limit)
    }

    private static func page(_ query: FormFields) throws(SimulatorError) -> (after: Int, limit: Int) {
        var page = (after: 0, limit: 100_000)
        if let text = query["after"] {
            guard let after = Int(text), after >= 0 else {
                throw SimulatorError(.invalidInput, "after must be a whole number.")
            }
            page.after = after
        }
        if let text = query["limit"] {
            guard let limit = Int(text), limit > 0 else {
                throw SimulatorError(.invalidInput, "limit must be above 0.")
            }
            page.limit = limit
        }
        return page
    }

    private func faultReport() -> JSONValue {
        ["seed": .string(String(self.options.seed)), "rules": .array(self.faults.rules.map(\.report))]
    }

    private func clockReport(_ now: WorldTime, _ real: Double) -> JSONValue {
        [
            "world_epoch": .double(self.clock.worldEpoch), "real_epoch": .double(self.clock.realEpoch),
            "rate": .double(self.clock.rate), "world_now": .string(now.iso8601),
            "real_now": .string(WorldTime(epochSeconds: real).iso8601),
        ]
    }

    private mutating func setClock(_ request: SimulatedRequest) throws(SimulatorError) -> JSONValue {
        guard let object = try Self.body(request).object else {
            throw SimulatorError(.invalidInput, "The body must be an object with world_epoch, real_epoch and rate.")
        }
        var fields = FieldReader(object, path: "clock")
        let world = try Self.epoch(&fields, "world_epoch")
        let real = try Self.epoch(&fields, "real_epoch")
        let rate = try fields.number("rate") ?? self.clock.rate
        try fields.finish()
        guard rate >= 0, rate.isFinite else { throw SimulatorError(.invalidInput, "clock.rate must be 0 or more.") }
        // What is not given goes on from where the world is.
        self.clock = WorldClock(
            worldEpoch: world ?? self.clock.world(atReal: real ?? request.realTime).epochSeconds,
            realEpoch: real ?? request.realTime, rate: rate)
        self.record(.clock(self.clock))
        return self.clockReport(self.clock.world(atReal: request.realTime), request.realTime)
    }

    /// Seconds since 1970 as a number, or an ISO 8601 instant.
    private static func epoch(_ fields: inout FieldReader, _ key: String) throws(SimulatorError) -> Double? {
        guard let value = fields.any(key) else { return nil }
        if let number = value.number { return number }
        guard let time = value.string.flatMap({ WorldTime(iso8601: $0) }) else {
            throw SimulatorError(
                .invalidInput, "clock.\(key) must be seconds since 1970 or an instant like 2026-11-21T09:24:00Z.")
        }
        return time.epochSeconds
    }

    private mutating func reset(_ request: SimulatedRequest) throws(SimulatorError) -> JSONValue {
        let object = request.body.isEmpty ? JSONObject() : try Self.body(request).object ?? JSONObject()
        var fields = FieldReader(object, path: "reset")
        let keepsAccounts = try fields.bool("keep_accounts") ?? false
        let keepsFaults = try fields.bool("keep_faults") ?? false
        try fields.finish()
        var fresh = World(options: self.options)
        fresh.clock = self.clock
        fresh.journal = self.journal
        fresh.serial = self.serial
        fresh.record(.reset)
        fresh.record(.clock(self.clock))
        if keepsFaults { fresh.faults = self.faults }
        if keepsAccounts {
            for app in self.apps.values { fresh.register(app) }
            for key in self.accountOrder {
                if let account = self.accounts[key] { fresh.provision(account) }
            }
            fresh.keepPeople(of: self)
            fresh.keepAdAccounts(of: self)
        }
        self = fresh
        return ["reset": true]
    }
}
