// SPDX-License-Identifier: MIT

extension World {
    /// Adds people of Facebook, with what they may act for and, if given, a long user token.
    mutating func addPeople(_ request: SimulatedRequest, _ now: WorldTime) throws(SimulatorError) -> SimulatedResponse {
        var added: [(person: GraphPerson, token: GraphToken?)] = []
        for (index, object) in try Self.list(request, "people").enumerated() {
            var fields = FieldReader(object, path: "people[\(index)]")
            var person = GraphPerson(id: try Self.required(&fields, "external_id"), name: "")
            guard XSchema.isID(person.id) else {
                throw SimulatorError(.invalidInput, "people[\(index)].external_id must be 1 to 19 digits.")
            }
            person.name = try fields.string("name") ?? "User \(person.id)"
            person.pages = try fields.strings("pages") ?? []
            person.adAccounts = try Self.adAccounts(&fields)
            person.grants = self.people[person.id]?.grants ?? 0
            let text = try fields.string("access_token")
            let life = try fields.number("token_expires_in") ?? Self.graphLongLife
            let access = try fields.number("data_access_expires_in")
            let client = try fields.string("client_id")
            let scopes = try fields.strings("scopes") ?? GraphScope.all
            try fields.finish()
            var token: GraphToken?
            if let text {
                token = GraphToken(
                    text: text, kind: .user, person: person.id, appID: client ?? "", scopes: scopes, issuedAt: now,
                    expiresAt: now + life, dataAccessExpiresAt: access.map { now + $0 })
            }
            added.append((person, token))
        }
        for (person, token) in added {
            self.people[person.id] = person
            self.record(.person(person))
            if let token { self.give(token) }
            for entry in person.adAccounts where self.adAccount(.meta, entry.id) == nil {
                self.store(
                    self.makeAdAccount(
                        AdAccountKey(network: .meta, id: entry.id), name: entry.name, currency: entry.currency,
                        timeZone: entry.timeZone, now))
            }
        }
        return .json(["people": JSONValue(added.count)], status: 201)
    }

    private static func adAccounts(_ fields: inout FieldReader) throws(SimulatorError) -> [GraphPerson.AdAccount] {
        guard let value = fields.any("ad_accounts") else { return [] }
        var accounts: [GraphPerson.AdAccount] = []
        for (index, entry) in (value.array ?? []).enumerated() {
            var reader = FieldReader(entry.object ?? JSONObject(), path: "\(fields.path).ad_accounts[\(index)]")
            let id = try self.required(&reader, "id")
            accounts.append(
                GraphPerson.AdAccount(
                    // As elsewhere, it may be written with what Graph puts before it.
                    id: id.hasPrefix("act_") ? String(id.dropFirst(4)) : id,
                    name: try reader.string("name") ?? "Ad account",
                    currency: try reader.string("currency") ?? "EUR",
                    timeZone: try reader.string("time_zone") ?? "Europe/Berlin"))
            try reader.finish()
        }
        return accounts
    }

    /// Says where hosts of the pretended world are served, so that the platforms can fetch from them.
    mutating func addHosts(_ request: SimulatedRequest) throws(SimulatorError) -> SimulatedResponse {
        var added: [(name: String, origin: String)] = []
        for (index, object) in try Self.list(request, "hosts").enumerated() {
            var fields = FieldReader(object, path: "hosts[\(index)]")
            let name = try Self.required(&fields, "host").lowercased()
            let origin = try Self.required(&fields, "origin")
            try fields.finish()
            guard let address = WebAddress(origin), address.target == "/", !origin.hasSuffix("/") else {
                throw SimulatorError(
                    .invalidInput, "hosts[\(index)].origin must be like http://127.0.0.1:8080, without a path.")
            }
            added.append((name, origin))
        }
        for (name, origin) in added {
            self.hosts[name] = origin
            self.record(.host(name: name, origin: origin))
        }
        return .json(["hosts": JSONValue(added.count)], status: 201)
    }

    /// Takes over people, their tokens and the hosts from an earlier world.
    mutating func keepPeople(of earlier: World) {
        for person in earlier.people.values {
            self.people[person.id] = person
            self.record(.person(person))
        }
        for token in earlier.graphTokens.values { self.give(token) }
        for (name, origin) in earlier.hosts {
            self.hosts[name] = origin
            self.record(.host(name: name, origin: origin))
        }
    }
}
