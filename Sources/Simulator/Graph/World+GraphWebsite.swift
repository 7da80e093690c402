// SPDX-License-Identifier: MIT

extension World {
    /// What belongs to the websites: the login dialog and the pages of posts.
    mutating func graphWebsite(_ call: Call, _ path: GraphPath) -> SimulatedResponse {
        if call.request.host == "www.facebook.com", path.parts == ["dialog", "oauth"] {
            return self.graphDialog(call)
        }
        if call.request.host == "www.instagram.com", call.request.path == "/oauth/authorize" {
            return self.instagramDialog(call)
        }
        let id = path.parts.last ?? ""
        if call.request.method == "GET", let post = self.posts[id] ?? self.media[id]?.postID.flatMap({ self.posts[$0] })
        {
            return self.postPage(call, id: post.id)
        }
        return .html("<!doctype html><title>Not found</title><p>This page does not exist.", status: 404)
    }

    /// The page on which a person lets an app act for Pages; `approve=PERSON` sends back with a code.
    private mutating func graphDialog(_ call: Call) -> SimulatedResponse {
        let query = call.request.query
        if let problem = self.graphDialogProblem(query) { return ApprovalPage.problem(problem) }
        let redirect = query["redirect_uri"] ?? ""
        let clientID = query["client_id"] ?? ""
        let state = query["state"].map { "&state=" + FormFields.encoded($0) } ?? ""
        let separator = redirect.contains("?") ? "&" : "?"
        if query["decline"] != nil {
            return .redirect(
                to: "\(redirect)\(separator)error=access_denied&error_code=200&error_reason=user_denied\(state)")
        }
        if let person = query["approve"].flatMap({ self.people[$0] }) {
            let code = "code-" + self.secret("code", person.id, String(self.nextSerial()))
            self.codes[self.tokenKey(.facebook, code)] = AuthorizationCode(
                account: AccountKey(platform: .facebook, externalID: person.id), clientID: clientID,
                redirectURI: redirect, challenge: nil, scopes: Self.scopes(query["scope"]),
                expiresAt: call.now + 600)
            return .redirect(to: "\(redirect)\(separator)code=\(FormFields.encoded(code))\(state)")
        }
        return ApprovalPage(
            title: "Authorize \(clientID) on Facebook", scopes: query["scope"] ?? "your public profile",
            query: query,
            choices: self.people.values.sorted { $0.id < $1.id }.prefix(200).map {
                ApprovalPage.Choice(id: $0.id, name: $0.name, note: "\($0.pages.count) Pages")
            }
        ).response
    }

    private static func scopes(_ text: String?) -> [String] {
        let asked = (text ?? "").split { $0 == "," || $0 == " " }.map(String.init)
        return asked.contains("public_profile") ? asked : ["public_profile"] + asked
    }

    private func graphDialogProblem(_ query: FormFields) -> String? {
        guard let client = query["client_id"], self.graphApp(client) != nil else { return "Invalid App ID." }
        guard let redirect = query["redirect_uri"], WebAddress(redirect) != nil else {
            return "redirect_uri must be an http or https address."
        }
        guard query["response_type"] ?? "code" == "code" else { return "response_type must be code." }
        guard query["state"] != nil else { return "state is missing." }
        let unknown = Self.scopes(query["scope"]).filter { !GraphScope.all.contains($0) }
        guard unknown.isEmpty else { return "Invalid Scopes: \(unknown.joined(separator: ", "))." }
        return nil
    }
}
