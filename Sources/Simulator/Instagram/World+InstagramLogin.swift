// SPDX-License-Identifier: MIT

/// Instagram's own login: the page on which the owner of an account lets an app act, and the exchange of its code.
///
/// The contract sheet has the exchange of a short token for a long one, and the scopes; this is after Meta's page "Business Login for
/// Instagram". An account that is approved here is one of this login from then on.
extension World {
    /// World seconds that the code and the first token live.
    private static let codeLife = 3600.0
    private static let shortLife = 3600.0

    /// `https://www.instagram.com/oauth/authorize`; `approve=ACCOUNT` sends back with a code.
    mutating func instagramDialog(_ call: Call) -> SimulatedResponse {
        let query = call.request.query
        if let problem = self.instagramDialogProblem(query) { return ApprovalPage.problem(problem) }
        let redirect = query["redirect_uri"] ?? ""
        let clientID = query["client_id"] ?? ""
        let state = query["state"].map { "&state=" + FormFields.encoded($0) } ?? ""
        let separator = redirect.contains("?") ? "&" : "?"
        if query["decline"] != nil {
            return .redirect(
                to: "\(redirect)\(separator)error=access_denied&error_reason=user_denied"
                    + "&error_description=The+user+denied+your+request\(state)")
        }
        if let approved = query["approve"], let account = self.account(.instagram, named: approved) {
            let code = "code-" + self.secret("code", account.key.externalID, String(self.nextSerial()))
            self.codes[self.tokenKey(.instagram, code)] = AuthorizationCode(
                account: account.key, clientID: clientID, redirectURI: redirect, challenge: nil,
                scopes: Self.scopes(query), expiresAt: call.now + Self.codeLife)
            // What Instagram puts behind it is no part of the code.
            return .redirect(to: "\(redirect)\(separator)code=\(FormFields.encoded(code))\(state)#_")
        }
        return ApprovalPage(
            title: "Authorize \(clientID) on Instagram", scopes: query["scope"] ?? "", query: query,
            choices: self.accountOrder.compactMap { self.accounts[$0] }.filter { $0.key.platform == .instagram }
                .prefix(200).map {
                    ApprovalPage.Choice(id: $0.key.externalID, name: $0.name, note: "@\($0.handle)")
                }
        ).response
    }

    private static func scopes(_ query: FormFields) -> [String] {
        (query["scope"] ?? "").split { $0 == "," || $0 == " " }.map(String.init)
    }

    private func instagramDialogProblem(_ query: FormFields) -> String? {
        guard let client = query["client_id"], self.graphApp(client) != nil else { return "Invalid platform app." }
        guard let redirect = query["redirect_uri"], WebAddress(redirect) != nil else {
            return "redirect_uri must be an http or https address."
        }
        guard query["response_type"] == "code" else { return "response_type must be code." }
        guard query["state"] != nil else { return "state is missing." }
        let scopes = Self.scopes(query)
        guard scopes.contains("instagram_business_basic") else { return "instagram_business_basic is required." }
        let unknown = scopes.filter { !GraphScope.instagramLogin.contains($0) }
        guard unknown.isEmpty else { return "Invalid scopes: \(unknown.joined(separator: ", "))." }
        return nil
    }

    /// `POST https://api.instagram.com/oauth/access_token`: the code becomes a token of an hour.
    mutating func instagramCode(_ call: Call) -> SimulatedResponse {
        guard call.request.method == "POST", call.request.path == "/oauth/access_token" else {
            return Self.loginRefusal("Unsupported request.", status: 404)
        }
        let form = FormFields(parsing: String(decoding: call.request.body, as: UTF8.self))
        let known = ["client_id", "client_secret", "grant_type", "redirect_uri", "code"]
        if let unknown = form.names.first(where: { !known.contains($0) }) {
            return Self.loginRefusal("Unknown field: \(unknown)")
        }
        if let missing = known.first(where: { form[$0] == nil }) {
            return Self.loginRefusal("Missing field: \(missing)")
        }
        guard let client = form["client_id"], let app = self.graphApp(client),
            app.clientSecret == form["client_secret"]
        else { return Self.loginRefusal("Error validating client secret.") }
        guard form["grant_type"] == "authorization_code" else { return Self.loginRefusal("Invalid grant_type") }
        guard let text = form["code"], let code = self.codes.removeValue(forKey: self.tokenKey(.instagram, text)),
            code.clientID == client, code.redirectURI == form["redirect_uri"], call.now < code.expiresAt,
            var account = self.accounts[code.account]
        else { return Self.loginRefusal("Matching code was not found or was already used.") }
        account.usesInstagramLogin = true
        account.grants += 1
        self.store(account)
        let token = GraphToken(
            text: "IGAA" + self.secret("instagram", text, call.now.iso8601), kind: .instagram, owner: account.key,
            appID: client, scopes: code.scopes, issuedAt: call.now, expiresAt: call.now + Self.shortLife)
        self.give(token)
        return .json([
            "data": [
                [
                    "access_token": .string(token.text), "user_id": .string(account.key.externalID),
                    "permissions": .string(code.scopes.joined(separator: ",")),
                ]
            ]
        ])
    }

    private static func loginRefusal(_ message: String, status: Int = 400) -> SimulatedResponse {
        .json(
            ["error_type": "OAuthException", "code": JSONValue(status), "error_message": .string(message)],
            status: status)
    }
}
