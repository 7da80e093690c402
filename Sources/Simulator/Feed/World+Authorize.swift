// SPDX-License-Identifier: MIT

extension World {
    /// The page on which a person lets an app act for an account; with `approve` it sends the person back with a code.
    mutating func authorizePage(_ call: Call, _ platform: Platform) -> SimulatedResponse {
        let query = call.request.query
        if let problem = self.authorizeProblem(query, platform) { return ApprovalPage.problem(problem) }
        let clientID = query["client_id"] ?? ""
        let redirect = query["redirect_uri"] ?? ""
        if let approved = query["approve"], let account = self.account(platform, named: approved) {
            let serial = self.nextSerial()
            let code = "code-" + self.secret("code", account.key.externalID, String(serial))
            let requested = (query["scope"] ?? "").split(separator: " ").map(String.init)
            let scopes = requested.filter(platform.allScopes.contains)
            self.codes[self.tokenKey(platform, code)] = AuthorizationCode(
                account: account.key, clientID: clientID, redirectURI: redirect, challenge: query["code_challenge"],
                scopes: scopes.isEmpty ? platform.allScopes : scopes, expiresAt: call.now + (platform == .x ? 30 : 60))
            let state = query["state"].map { "&state=" + FormFields.encoded($0) } ?? ""
            return .redirect(
                to: "\(redirect)\(redirect.contains("?") ? "&" : "?")code=\(FormFields.encoded(code))\(state)")
        }
        let hint = query["login_hint"]
        let accounts = self.accountOrder.compactMap { self.accounts[$0] }
            .filter { $0.key.platform == platform && (hint == nil || $0.key.externalID == hint || $0.handle == hint) }
        return ApprovalPage(
            title: "Authorize \(clientID) on \(platform.name)", scopes: query["scope"] ?? "everything it asks for",
            query: query,
            choices: accounts.prefix(200).map {
                ApprovalPage.Choice(id: $0.key.externalID, name: $0.name, note: "@\($0.handle)")
            }
        ).response
    }

    private func authorizeProblem(_ query: FormFields, _ platform: Platform) -> String? {
        guard query["response_type"] == "code" else { return "response_type must be code." }
        guard let client = query["client_id"], self.apps[self.tokenKey(platform, client)] != nil else {
            return "client_id is not the id of an app."
        }
        guard let redirect = query["redirect_uri"], redirect.hasPrefix("http://") || redirect.hasPrefix("https://")
        else {
            return "redirect_uri must be an http or https address."
        }
        guard query["state"] != nil else { return "state is missing." }
        if platform == .x || query["code_challenge"] != nil {
            guard query["code_challenge"] != nil, query["code_challenge_method"] == "S256" else {
                return "code_challenge is missing, or code_challenge_method is not S256."
            }
        }
        return nil
    }
}
