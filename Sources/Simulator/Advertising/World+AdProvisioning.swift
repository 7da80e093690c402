// SPDX-License-Identifier: MIT

extension World {
    /// World seconds that a review takes unless the ad account says otherwise.
    static let adReviewSeconds = 900.0

    /// Adds ad accounts, all or none; one that exists keeps what is in it.
    mutating func addAdAccounts(
        _ request: SimulatedRequest, _ now: WorldTime
    ) throws(SimulatorError) -> SimulatedResponse {
        var added: [(account: SimulatedAdAccount, tokens: [AdToken])] = []
        for (index, object) in try Self.list(request, "ad_accounts").enumerated() {
            var fields = FieldReader(object, path: "ad_accounts[\(index)]")
            let account = try self.adAccount(&fields, now)
            let people = try fields.strings("people") ?? []
            guard account.key.network == .meta || people.isEmpty, people.allSatisfy({ self.people[$0] != nil }) else {
                throw SimulatorError(.invalidInput, "\(fields.path).people must name people of Facebook.")
            }
            let tokens = try self.adTokens(&fields, account)
            try fields.finish()
            for id in people { self.grant(account, to: id) }
            added.append((account, tokens))
        }
        for (account, tokens) in added {
            self.store(account)
            for token in tokens {
                switch token {
                case .tikTok(let token): self.store(token)
                case .x(let token): self.store(token)
                }
            }
        }
        return .json(["ad_accounts": JSONValue(added.count)], status: 201)
    }

    private mutating func grant(_ account: SimulatedAdAccount, to id: String) {
        guard var person = self.people[id] else { return }
        person.adAccounts.removeAll { $0.id == account.key.id }
        person.adAccounts.append(
            GraphPerson.AdAccount(
                id: account.key.id, name: account.name, currency: account.currency, timeZone: account.timeZone))
        self.people[id] = person
        self.record(.person(person))
    }

    private func adAccount(_ fields: inout FieldReader, _ now: WorldTime) throws(SimulatorError) -> SimulatedAdAccount {
        let name = try fields.string("platform") ?? ""
        guard let network = Platform(rawValue: name).flatMap({ AdNetwork($0) }) else {
            throw SimulatorError(.invalidInput, "\(fields.path).platform must be facebook, x or tiktok.")
        }
        var id = try Self.required(&fields, "id")
        if network == .meta, id.hasPrefix("act_") { id = String(id.dropFirst(4)) }
        let currency = try fields.string("currency") ?? "EUR"
        guard Currency.isCode(currency) else {
            throw SimulatorError(.invalidInput, "\(fields.path).currency must be an ISO 4217 code.")
        }
        let zone = try fields.string("time_zone") ?? "UTC"
        guard LocalWeek.isKnown(zone) else {
            throw SimulatorError(.invalidInput, "\(fields.path).time_zone \(zone) is not an IANA time zone.")
        }
        var account = self.makeAdAccount(
            AdAccountKey(network: network, id: id), name: try fields.string("name") ?? "Ad account \(id)",
            currency: currency, timeZone: zone, now)
        account.minimumDaily = try fields.integer("min_daily_budget") ?? account.minimumDaily
        account.reviewSeconds = try fields.number("review_seconds") ?? Self.adReviewSeconds
        let isFunded = try fields.bool("funded") ?? true
        if account.isFunded(at: now) != isFunded {
            account.funding.append(SimulatedAdAccount.Funding(at: now, isFunded: isFunded))
        }
        account.beneficiary = try fields.string("dsa_beneficiary")
        account.payor = try fields.string("dsa_payor")
        account.members = try fields.strings(network == .x ? "users" : "identities") ?? []
        guard account.members.allSatisfy({ self.account(network.platform, named: $0) != nil }) else {
            throw SimulatorError(.invalidInput, "\(fields.path): its users or identities must be accounts that exist.")
        }
        return account
    }

    /// An ad account with what is usual; what an earlier one had under the same id stays.
    func makeAdAccount(
        _ key: AdAccountKey, name: String, currency: String, timeZone: String, _ now: WorldTime
    ) -> SimulatedAdAccount {
        let earlier = self.adAccounts[key]
        let unit = key.network.units(of: currency)
        // One unit of a currency with cents, 100 of one without; TikTok's 20 are documented for dollars only.
        let base = Currency.minorUnits(of: currency) > 1 && unit > 1 ? unit : 100 * unit
        return SimulatedAdAccount(
            key: key, serial: earlier?.serial ?? self.adAccountOrder.count + 1, name: name, currency: currency,
            timeZone: timeZone, minimumDaily: key.network == .tiktok && currency == "USD" ? 20 * base : base,
            reviewSeconds: Self.adReviewSeconds,
            funding: earlier?.funding ?? [SimulatedAdAccount.Funding(at: now, isFunded: true)],
            createdAt: earlier?.createdAt ?? now)
    }

    private enum AdToken {
        case tikTok(TikTokBusinessToken)
        case x(SimulatedOAuth1Token)
    }

    private func adTokens(
        _ fields: inout FieldReader, _ account: SimulatedAdAccount
    ) throws(SimulatorError) -> [AdToken] {
        guard let value = fields.any("tokens") else { return [] }
        guard account.key.network != .meta, let entries = value.array else {
            throw SimulatorError(.invalidInput, "\(fields.path).tokens is a list, of X and TikTok only.")
        }
        var tokens: [AdToken] = []
        for (index, entry) in entries.enumerated() {
            var reader = FieldReader(entry.object ?? JSONObject(), path: "\(fields.path).tokens[\(index)]")
            let text = try Self.required(&reader, "access_token")
            if account.key.network == .tiktok {
                let scopes = try reader.strings("scopes") ?? TikTokBusinessToken.allScopes
                tokens.append(
                    .tikTok(
                        TikTokBusinessToken(
                            text: text, advertisers: [account.key.id], scopes: scopes,
                            authCode: try reader.string("auth_code"))))
            } else {
                let user = try Self.required(&reader, "user")
                guard account.members.contains(user), let owner = self.account(.x, named: user) else {
                    throw SimulatorError(.invalidInput, "\(reader.path).user must be one of the ad account's users.")
                }
                tokens.append(
                    .x(
                        SimulatedOAuth1Token(
                            text: text, secret: try Self.required(&reader, "secret"),
                            consumerKey: try Self.required(&reader, "consumer_key"), callback: "", account: owner.key,
                            isTemporary: false)))
            }
            try reader.finish()
        }
        return tokens
    }

    /// A token of TikTok's API for Business; the ad accounts of one that exists are added to its own.
    mutating func store(_ token: TikTokBusinessToken) {
        var token = token
        let earlier = self.tikTokBusinessTokens[token.text]?.advertisers ?? []
        token.advertisers = earlier + token.advertisers.filter { !earlier.contains($0) }
        self.tikTokBusinessTokens[token.text] = token
        self.record(.tikTokBusinessToken(token))
    }

    /// Takes over the ad accounts of an earlier world, without what is in them.
    mutating func keepAdAccounts(of earlier: World) {
        for key in earlier.adAccountOrder { if let account = earlier.adAccounts[key] { self.store(account) } }
        for token in earlier.tikTokBusinessTokens.values { self.store(token) }
    }
}

/// A token of TikTok's API for Business, and which ad accounts it opens.
struct TikTokBusinessToken: Sendable, Codable {
    static let allScopes = ["ads", "reporting", "identity", "comment"]

    var text: String
    var advertisers: [String]
    var scopes: [String]
    var isDead = false
    /// The code that it is given for, until it was.
    var authCode: String?
}
