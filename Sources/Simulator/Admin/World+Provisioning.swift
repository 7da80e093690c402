// SPDX-License-Identifier: MIT

extension World {
    /// Makes an app known.
    mutating func register(_ app: SimulatedApp) {
        self.apps[self.tokenKey(app.platform, app.clientID)] = app
        self.record(.app(app))
    }

    static func list(_ request: SimulatedRequest, _ key: String) throws(SimulatorError) -> [JSONObject] {
        let body = try self.body(request)
        let values = body.array ?? body[key]?.array ?? [body]
        let objects = values.compactMap(\.object)
        guard objects.count == values.count else {
            throw SimulatorError(.invalidInput, "The body must be an array of objects.")
        }
        return objects
    }

    private static func platform(_ fields: inout FieldReader) throws(SimulatorError) -> Platform {
        guard let platform = try fields.string("platform").flatMap(Platform.init(rawValue:)) else {
            let known = Platform.allCases.map(\.rawValue).joined(separator: ", ")
            throw SimulatorError(.invalidInput, "\(fields.path).platform must be one of: \(known).")
        }
        return platform
    }

    static func required(_ fields: inout FieldReader, _ key: String) throws(SimulatorError) -> String {
        guard let value = try fields.string(key), !value.isEmpty else {
            throw SimulatorError(.invalidInput, "\(fields.path).\(key) is missing.")
        }
        return value
    }

    mutating func addApps(_ request: SimulatedRequest) throws(SimulatorError) -> SimulatedResponse {
        var apps: [SimulatedApp] = []
        for (index, object) in try Self.list(request, "apps").enumerated() {
            var fields = FieldReader(object, path: "apps[\(index)]")
            var app = SimulatedApp(
                platform: try Self.platform(&fields), clientID: try Self.required(&fields, "client_id"),
                clientSecret: try fields.string("client_secret"))
            app.consumerKey = try fields.string("consumer_key")
            app.consumerSecret = try fields.string("consumer_secret")
            app.isSelfServe = try fields.bool("self_serve") ?? true
            app.mayAdvertise = try fields.bool("ads_access")
            app.isAudited = try fields.bool("audited")
            app.ownedAddresses = try fields.strings("verified_urls")
            try fields.finish()
            apps.append(app)
        }
        for app in apps { self.register(app) }
        return .json(["apps": JSONValue(apps.count)], status: 201)
    }

    /// Adds accounts, all or none.
    mutating func addAccounts(_ request: SimulatedRequest, _ now: WorldTime) throws(SimulatorError) -> SimulatedResponse
    {
        var accounts: [SimulatedAccount] = []
        var histories: [AccountKey: SimulatedHistory] = [:]
        var tokens: [String: AccountKey] = [:]
        for (index, object) in try Self.list(request, "accounts").enumerated() {
            var history: SimulatedHistory?
            let account = try self.account(from: object, path: "accounts[\(index)]", now, &history)
            histories[account.key] = history
            if let token = account.accessToken {
                let name = self.tokenKey(account.key.platform, token)
                let owner = tokens[name] ?? self.accessTokens[name]
                guard owner == nil || owner == account.key else {
                    throw SimulatorError(
                        .invalidInput, "accounts[\(index)].access_token belongs to another account already.")
                }
                tokens[name] = account.key
            }
            accounts.append(account)
        }
        for account in accounts {
            self.provision(account)
            if let history = histories[account.key] { self.addHistory(history, to: account, before: now) }
        }
        return .json(["accounts": JSONValue(accounts.count)], status: 201)
    }

    private func account(
        from object: JSONObject, path: String, _ now: WorldTime, _ history: inout SimulatedHistory?
    ) throws(SimulatorError) -> SimulatedAccount {
        var fields = FieldReader(object, path: path)
        let platform = try Self.platform(&fields)
        let id = try Self.required(&fields, "external_id")
        let isNumber = platform == .x || platform == .facebook || platform == .instagram
        guard !isNumber || XSchema.isID(id) else {
            throw SimulatorError(.invalidInput, "\(path).external_id must be 1 to 19 digits on \(platform.name).")
        }
        let key = AccountKey(platform: platform, externalID: id)
        let handle = try fields.string("handle") ?? "user\(id)"
        let zone = try fields.string("time_zone") ?? "UTC"
        guard LocalWeek.isKnown(zone) else {
            throw SimulatorError(.invalidInput, "\(path).time_zone \(zone) is not an IANA time zone.")
        }
        let followers = try fields.integer("followers") ?? 1000
        guard followers >= 0 else { throw SimulatorError(.invalidInput, "\(path).followers must be 0 or more.") }
        var account = SimulatedAccount(
            key: key, handle: handle, name: try fields.string("name") ?? handle, followers: followers, timeZone: zone,
            audienceSeed: stableHash("audience", String(self.options.seed), platform.rawValue, id),
            scopes: try fields.strings("scopes") ?? [], createdAt: self.accounts[key]?.createdAt ?? now)
        if let seed = try fields.integer("audience_seed") { account.audienceSeed = UInt64(bitPattern: Int64(seed)) }
        account.accessToken = try fields.string("access_token")
        account.refreshToken = try fields.string("refresh_token")
        account.clientID = try fields.string("client_id")
        account.tokenExpiresAt = try fields.number("token_expires_in").map { now + $0 }
        account.isSuspended = try fields.bool("suspended") ?? false
        account.isPremium = try fields.bool("premium") ?? false
        try self.readGraph(&fields, into: &account)
        account.isPrivate = try fields.bool("private")
        if platform == .tiktok { account.refreshExpiresAt = now + 180 * 86_400 }
        account.grants = self.accounts[key]?.grants ?? 0
        history = try SimulatedHistory(&fields)
        try fields.finish()
        return account
    }

    /// What only accounts of Instagram have, and the scopes that go with the kind of login.
    private func readGraph(
        _ fields: inout FieldReader, into account: inout SimulatedAccount
    ) throws(SimulatorError) {
        account.pageID = try fields.string("page")
        account.publishingQuota = try fields.integer("publishing_quota")
        switch try fields.string("login") {
        case nil, "facebook": break
        case "instagram": account.usesInstagramLogin = true
        default: throw SimulatorError(.invalidInput, "\(fields.path).login must be facebook or instagram.")
        }
        let isInstagram = account.key.platform == .instagram
        guard isInstagram || account.pageID == nil && account.usesInstagramLogin == nil else {
            throw SimulatorError(.invalidInput, "\(fields.path).page and login are for Instagram.")
        }
        guard account.scopes.isEmpty else { return }
        account.scopes =
            account.usesInstagramLogin == true ? GraphScope.instagramLogin : account.key.platform.allScopes
    }
}
