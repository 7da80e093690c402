// SPDX-License-Identifier: MIT

extension World {
    /// The endpoints that give out and examine tokens; `nil` when the path is none of them.
    mutating func graphOAuth(_ call: inout Call, _ path: GraphPath) throws(GraphRefusal) -> SimulatedResponse? {
        let parameters = call.parameters ?? GraphParameters(call.request)
        if call.request.host == "graph.instagram.com" {
            switch path.parts {
            case ["access_token"]: return try self.instagramExchange(call, parameters)
            case ["refresh_access_token"]: return try self.instagramRefresh(call, parameters)
            default: return nil
            }
        }
        switch path.parts {
        case ["oauth", "access_token"]: return try self.graphAccessToken(call, parameters)
        case ["debug_token"]: return try self.debugToken(call, parameters)
        default: return nil
        }
    }

    private func graphClient(_ arguments: GraphArguments) throws(GraphRefusal) -> SimulatedApp {
        guard let id = arguments.text("client_id"), let app = self.graphApp(id) else {
            throw GraphRefusal(code: 101, message: "Error validating application. Cannot get application info.")
        }
        guard app.clientSecret == arguments.text("client_secret") else {
            throw GraphRefusal(code: 1, message: "Error validating client secret.")
        }
        return app
    }

    private mutating func graphAccessToken(
        _ call: Call, _ parameters: GraphParameters
    ) throws(GraphRefusal) -> SimulatedResponse {
        let arguments = try parameters.checked(
            GraphSchema(
                "client_id*:string client_secret*:string redirect_uri:string code:string grant_type:string fb_exchange_token:string"
            ))
        let app = try self.graphClient(arguments)
        switch arguments.text("grant_type") {
        case "client_credentials":
            return .json([
                "access_token": .string("\(app.clientID)|\(app.clientSecret ?? "")"), "token_type": "bearer",
            ])
        case "fb_exchange_token":
            guard let text = arguments.text("fb_exchange_token") else {
                throw GraphRefusal.missing("fb_exchange_token")
            }
            let bearer = self.graphBearer(text, isInstagramHost: false, at: call.now)
            if let refusal = bearer.refusal { throw refusal }
            guard bearer.kind == .user, bearer.token.appID == app.clientID, let person = bearer.token.person else {
                throw GraphRefusal.deadToken(nil)
            }
            return self.giveUserToken(person, app, bearer.token.scopes, life: Self.graphLongLife, call.now)
        case nil, "authorization_code":
            guard let text = arguments.text("code") else { throw GraphRefusal.missing("code") }
            guard let code = self.codes.removeValue(forKey: self.tokenKey(.facebook, text)),
                code.clientID == app.clientID, code.redirectURI == arguments.text("redirect_uri"),
                call.now < code.expiresAt
            else { throw GraphRefusal.invalid("This authorization code has been used or has expired.") }
            return self.giveUserToken(
                code.account.externalID, app, code.scopes, life: Self.graphShortLife, call.now)
        default: throw GraphRefusal.invalid("The grant_type is not supported")
        }
    }

    private mutating func giveUserToken(
        _ person: String, _ app: SimulatedApp, _ scopes: [String], life: Double, _ now: WorldTime
    ) -> SimulatedResponse {
        self.people[person]?.grants += 1
        let grants = self.people[person]?.grants ?? 0
        if let person = self.people[person] { self.record(.person(person)) }
        let token = GraphToken(
            text: "EAAG" + self.secret("user", person, app.clientID, String(grants)), kind: .user, person: person,
            appID: app.clientID, scopes: scopes, issuedAt: now, expiresAt: now + life,
            dataAccessExpiresAt: now + 90 * 86_400)
        self.give(token)
        return .json([
            "access_token": .string(token.text), "token_type": "bearer", "expires_in": JSONValue(Int(life)),
        ])
    }

    private func debugToken(_ call: Call, _ parameters: GraphParameters) throws(GraphRefusal) -> SimulatedResponse {
        guard let bearer = call.bearer else { throw GraphRefusal.noToken }
        if let refusal = bearer.refusal { throw refusal }
        guard bearer.kind == .app || bearer.kind == .user else { throw GraphRefusal.noRole }
        let arguments = try parameters.checked(GraphSchema("input_token*:string"))
        let subject = self.graphBearer(arguments.text("input_token") ?? "", isInstagramHost: false, at: call.now)
        let token = subject.token
        guard token.appID == bearer.token.appID || token.appID.isEmpty else {
            throw GraphRefusal.invalid("The App_id in the input_token did not match the Viewing App")
        }
        func seconds(_ time: WorldTime?) -> JSONValue { JSONValue(time?.epochSecondsRoundedUp ?? 0) }
        let error = subject.refusal.map { refusal -> JSONValue in
            [
                "code": JSONValue(refusal.code), "message": .string(refusal.message),
                "subcode": refusal.subcode.map { JSONValue($0) },
            ]
        }
        if token.scopes.isEmpty, token.kind != .app, subject.refusal != nil {
            return .json(["data": ["is_valid": false, "scopes": [], "error": error]])
        }
        return .json([
            "data": [
                "app_id": .string(token.appID), "type": .string(token.kind.rawValue), "application": "Simulated app",
                "data_access_expires_at": seconds(token.dataAccessExpiresAt), "error": error,
                "expires_at": seconds(token.expiresAt), "is_valid": .bool(subject.refusal == nil),
                "issued_at": seconds(token.issuedAt), "scopes": JSONValue(token.scopes),
                "profile_id": token.kind == .page ? JSONValue(token.owner?.externalID) : nil,
                "user_id": JSONValue(token.person),
            ]
        ])
    }

    /// Instagram Login: a short token becomes one of 60 days.
    private mutating func instagramExchange(
        _ call: Call, _ parameters: GraphParameters
    ) throws(GraphRefusal) -> SimulatedResponse {
        let arguments = try parameters.checked(GraphSchema("grant_type*:{ig_exchange_token} client_secret*:string"))
        let token = try self.instagramToken(call)
        guard token.appID.isEmpty || self.graphApp(token.appID)?.clientSecret == arguments.text("client_secret") else {
            throw GraphRefusal(code: 1, message: "Error validating client secret.")
        }
        return self.giveInstagramToken(token, call.now)
    }

    /// Instagram Login: a token of 24 hours or more gets 60 days again.
    private mutating func instagramRefresh(
        _ call: Call, _ parameters: GraphParameters
    ) throws(GraphRefusal) -> SimulatedResponse {
        _ = try parameters.checked(GraphSchema("grant_type*:{ig_refresh_token}"))
        let token = try self.instagramToken(call)
        guard call.now - token.issuedAt >= 86_400 else {
            throw GraphRefusal.invalid("The token must be at least 24 hours old to be refreshed")
        }
        return self.giveInstagramToken(token, call.now)
    }

    private func instagramToken(_ call: Call) throws(GraphRefusal) -> GraphToken {
        guard let bearer = call.bearer else { throw GraphRefusal.noToken }
        if let refusal = bearer.refusal { throw refusal }
        return bearer.token
    }

    private mutating func giveInstagramToken(_ old: GraphToken, _ now: WorldTime) -> SimulatedResponse {
        var token = old
        token.text = "IGAA" + self.secret("instagram", old.text, now.iso8601)
        token.issuedAt = now
        token.expiresAt = now + 60 * 86_400
        self.give(token)
        return .json([
            "access_token": .string(token.text), "token_type": "bearer", "expires_in": JSONValue(60 * 86_400),
            "permissions": .string(token.scopes.joined(separator: ",")),
        ])
    }
}
