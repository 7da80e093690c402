// SPDX-License-Identifier: MIT

extension World {
    /// What belongs to a person: Pages, ad accounts, permissions.
    mutating func personRoute(
        _ call: inout Call, _ request: GraphRequest, _ person: GraphPerson
    ) throws(GraphRefusal) -> SimulatedResponse {
        guard let token = call.bearer?.token else { throw GraphRefusal.noActiveToken }
        switch request.endpoint {
        case .readPerson:
            var object: JSONObject = ["id": .string(person.id)]
            if request.fields.isEmpty || request.fields.contains(where: { $0.name == "name" }) {
                object["name"] = .string(person.name)
            }
            return .json(.object(object))
        case .accounts: return try self.personPages(call, request, person, token)
        case .adAccounts:
            let accounts = person.adAccounts.compactMap { self.adAccount(.meta, $0.id) }
            let page = try GraphPage(accounts, request.arguments, defaultLimit: 25) { $0.key.id }
            let entries = page.entries.map { self.graphShow($0, request.fields, call.now) }
            return .json(["data": .array(entries), "paging": page.paging(call)])
        case .permissions:
            let entries = GraphScope.all.map { scope -> JSONValue in
                [
                    "permission": .string(scope),
                    "status": .string(token.scopes.contains(scope) ? "granted" : "declined"),
                ]
            }
            return .json(["data": .array(entries.filter { $0["status"] == "granted" })])
        case .revoke:
            for var other in self.graphTokens.values.sorted(by: { $0.text < $1.text })
            where other.person == person.id && other.appID == token.appID {
                if let scope = request.arguments.text("permission") {
                    other.scopes.removeAll { $0 == scope }
                } else {
                    other.deadSubcode = 458
                }
                self.give(other)
            }
            return .json(["success": true])
        default: throw GraphRefusal.unsupported(call.request.method)
        }
    }

    /// `me/accounts`: the Pages, each with a token of its own.
    private mutating func personPages(
        _ call: Call, _ request: GraphRequest, _ person: GraphPerson, _ token: GraphToken
    ) throws(GraphRefusal) -> SimulatedResponse {
        let pages = person.pages.compactMap { self.accounts[AccountKey(platform: .facebook, externalID: $0)] }
        let page = try GraphPage(pages, request.arguments, defaultLimit: 25) { $0.key.externalID }
        let fields =
            request.fields.isEmpty
            ? ["access_token", "category", "name", "tasks"].map { GraphField(name: $0) } : request.fields
        var entries: [JSONValue] = []
        for account in page.entries {
            var entry = self.graphShow(account, fields, call).object ?? JSONObject()
            if fields.contains(where: { $0.name == "access_token" }) {
                entry["access_token"] = .string(self.givePageToken(account, person, token, call.now))
            }
            if fields.contains(where: { $0.name == "tasks" }) {
                entry["tasks"] = ["ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MESSAGING", "MODERATE", "MANAGE"]
            }
            entries.append(.object(entry))
        }
        return .json(["data": .array(entries), "paging": page.paging(call)])
    }

    /// The token of a Page for a person; it never expires when it comes from a long one.
    private mutating func givePageToken(
        _ page: SimulatedAccount, _ person: GraphPerson, _ user: GraphToken, _ now: WorldTime
    ) -> String {
        let isLong = user.expiresAt.map { $0 - user.issuedAt > 86_400 } ?? true
        let text = "EAAP" + self.secret("page", page.key.externalID, person.id, user.text)
        if self.graphTokens[text] == nil {
            self.give(
                GraphToken(
                    text: text, kind: .page, person: person.id, owner: page.key, appID: user.appID,
                    scopes: user.scopes, issuedAt: now, expiresAt: isLong ? nil : user.expiresAt,
                    dataAccessExpiresAt: user.dataAccessExpiresAt))
        }
        return text
    }
}

/// One page of a list, with the cursors of its ends.
struct GraphPage<Element> {
    var entries: [Element]
    private var isFirst: Bool
    private var hasMore: Bool
    private var cursors: (before: String, after: String)?

    /// Cuts the page that was asked for out of a list.
    ///
    /// - Throws: ``GraphRefusal`` 100 for more entries than `most` or a cursor that names none.
    init(
        _ all: [Element], _ arguments: GraphArguments, defaultLimit: Int, most: Int = 100,
        cursor: (Element) -> String
    ) throws(GraphRefusal) {
        let limit = arguments.integer("limit") ?? defaultLimit
        guard (1...most).contains(limit) else { throw GraphRefusal.invalid("Param limit must be from 1 to \(most)") }
        var start = 0
        if let after = arguments.text("after") {
            guard let index = all.firstIndex(where: { cursor($0) == after }) else {
                throw GraphRefusal.invalid("Invalid cursors values")
            }
            start = index + 1
        }
        self.entries = Array(all[start...].prefix(limit))
        self.isFirst = start == 0
        self.hasMore = start + self.entries.count < all.count
        if let first = self.entries.first, let last = self.entries.last {
            self.cursors = (cursor(first), cursor(last))
        }
    }

    /// Whether entries follow.
    var isCut: Bool { self.hasMore }

    /// The `paging` member.
    func paging(_ call: Call) -> JSONValue? {
        guard let cursors = self.cursors else { return nil }
        var paging: JSONObject = ["cursors": ["before": .string(cursors.before), "after": .string(cursors.after)]]
        if self.hasMore {
            let kept = call.request.query.fields.filter { $0.name != "after" }
                .map { "\(FormFields.encoded($0.name))=\(FormFields.encoded($0.value))" }
            let query = (kept + ["after=\(FormFields.encoded(cursors.after))"]).joined(separator: "&")
            paging["next"] = .string("https://\(call.request.host)\(call.request.path)?\(query)")
        }
        return .object(paging)
    }
}
