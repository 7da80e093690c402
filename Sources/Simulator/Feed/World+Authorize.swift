// SPDX-License-Identifier: MIT

extension World {
    /// The page on which a person lets an app act for an account; with `approve` it sends the person back with a code.
    mutating func authorizePage(_ call: Call, _ platform: Platform) -> SimulatedResponse {
        let query = call.request.query
        if let problem = self.authorizeProblem(query, platform) {
            return .html(
                "<!doctype html><meta charset=utf-8><title>Something went wrong</title><h1>Something went wrong</h1><p>"
                    + HTML.escaped(problem), status: 400)
        }
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
        let fields = query.fields.filter { $0.name != "approve" }
            .map { "<input type=hidden name=\"\(HTML.escaped($0.name))\" value=\"\(HTML.escaped($0.value))\">" }
            .joined()
        let buttons = accounts.prefix(200).map { account in
            let id = HTML.escaped(account.key.externalID)
            let name = "\(HTML.escaped(account.name)) <small>@\(HTML.escaped(account.handle))</small>"
            return "<form>\(fields)<button name=approve value=\"\(id)\">\(name)</button></form>"
        }
        let title = "Authorize \(HTML.escaped(clientID)) on \(platform == .x ? "X" : "Mock")"
        return .html(
            """
            <!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content="width=device-width"><title>\(title)</title>
            <style>body{font:16px system-ui;max-width:28rem;margin:10vh auto;padding:0 1rem;color:#1c2333;background:#f4f5f8}
            button{width:100%;margin:.25rem 0;padding:.8rem 1rem;font:inherit;text-align:left;border:1px solid #cfd4e0;border-radius:.6rem;
            background:#fff;cursor:pointer}button:hover{border-color:#3657d6}small{color:#667}</style>
            <h1>\(title)</h1><p>As whom? The app may then do: \(HTML.escaped(query["scope"] ?? "everything it asks for")).</p>
            \(buttons.isEmpty ? "<p>There is no account here." : buttons.joined(separator: "\n"))
            </html>
            """)
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
