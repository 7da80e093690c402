// SPDX-License-Identifier: MIT

import Crypto
import Foundation
import HTTPTypes

/// A token of OAuth 1.0a: a temporary one until its person agreed, then one that does not end.
struct SimulatedOAuth1Token: Sendable, Codable {
    var text: String
    var secret: String
    var consumerKey: String
    var callback: String
    /// Who agreed.
    var account: AccountKey?
    /// What the person reads out; only of a temporary token that was agreed to.
    var verifier: String?
    var isTemporary: Bool
    var isUsed = false
}

/// The three steps of OAuth 1.0a, and requests that are signed by it (RFC 5849), verified by themselves.
extension World {
    /// How far a client's clock may be off, in world seconds.
    private static let longestDrift = 900.0

    /// Who signed a request; `nil` for a signature that does not hold.
    mutating func xSigner(_ request: SimulatedRequest, at now: WorldTime) -> SimulatedAccount? {
        guard let (_, token) = self.xVerified(request, at: now), let token, !token.isTemporary else { return nil }
        return token.account.flatMap { self.accounts[$0] }
    }

    /// Whether a request carries a signature of OAuth 1.0a, whatever it is worth.
    static func isSigned(_ request: SimulatedRequest) -> Bool {
        request.headers[.authorization]?.lowercased().hasPrefix("oauth ") == true
    }

    /// The fields of the header, and the token that it names, when the signature holds and was not used before.
    private mutating func xVerified(
        _ request: SimulatedRequest, at now: WorldTime
    ) -> (fields: [String: String], token: SimulatedOAuth1Token?)? {
        guard let fields = Self.oauthFields(request.headers[.authorization] ?? ""),
            fields["oauth_signature_method"] == "HMAC-SHA1", fields["oauth_version"] ?? "1.0" == "1.0",
            let key = fields["oauth_consumer_key"], let signature = fields["oauth_signature"],
            let secret = self.apps.values.first(where: { $0.platform == .x && $0.consumerKey == key })?.consumerSecret,
            let nonce = fields["oauth_nonce"], !nonce.isEmpty,
            let time = fields["oauth_timestamp"].flatMap({ Double($0) }),
            abs(now.epochSeconds - time) <= Self.longestDrift
        else { return nil }
        var token: SimulatedOAuth1Token?
        if let name = fields["oauth_token"] {
            guard let known = self.oauth1Tokens[name], known.consumerKey == key, !known.isUsed else { return nil }
            token = known
        }
        guard Self.oauthSignature(request, fields, secret, token?.secret ?? "") == signature else { return nil }
        // The same request comes twice when a fault lets it wait.
        let mark = "\(key) \(time) \(nonce)"
        guard self.oauth1Nonces[mark] ?? request.id == request.id else { return nil }
        self.oauth1Nonces[mark] = request.id
        return (fields, token)
    }

    static func oauthFields(_ header: String) -> [String: String]? {
        guard header.lowercased().hasPrefix("oauth ") else { return nil }
        var fields: [String: String] = [:]
        for part in header.dropFirst(6).split(separator: ",") {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, pair[1].hasPrefix("\""), pair[1].trimmingSpaces.hasSuffix("\"") else { return nil }
            let value = pair[1].trimmingSpaces.dropFirst().dropLast()
            let name = FormFields.decoded(pair[0].trimmingSpaces, plusIsSpace: false)
            guard fields.updateValue(FormFields.decoded(String(value), plusIsSpace: false), forKey: name) == nil else {
                return nil
            }
        }
        fields["realm"] = nil
        return fields
    }

    static func oauthSignature(
        _ request: SimulatedRequest, _ fields: [String: String], _ consumer: String, _ token: String
    ) -> String {
        var parameters = fields.filter { $0.key != "oauth_signature" }.map { ($0.key, $0.value) }
        parameters += request.query.fields.map { ($0.name, $0.value) }
        if request.contentType == "application/x-www-form-urlencoded" {
            let form = FormFields(parsing: String(decoding: request.body, as: UTF8.self))
            parameters += form.fields.map { ($0.name, $0.value) }
        }
        let lines = parameters.map { (FormFields.encoded($0.0), FormFields.encoded($0.1)) }.sorted { $0 < $1 }
        let text = [
            request.method, "https://\(request.host)\(request.path)",
            lines.map { "\($0.0)=\($0.1)" }.joined(separator: "&"),
        ].map(FormFields.encoded).joined(separator: "&")
        let key = "\(FormFields.encoded(consumer))&\(FormFields.encoded(token))"
        let code = HMAC<Insecure.SHA1>.authenticationCode(
            for: Data(text.utf8), using: SymmetricKey(data: Data(key.utf8)))
        return Data(code).base64EncodedString()
    }

    // MARK: The three steps

    /// `/oauth/request_token`, `/oauth/authorize` and `/oauth/access_token`.
    mutating func xOAuth1(_ call: Call, _ name: String) throws(XRefusal) -> SimulatedResponse {
        switch (call.request.method, name) {
        case ("POST", "request_token"): return try self.xRequestToken(call)
        case ("POST", "access_token"): return try self.xAccessToken(call)
        case ("GET", "authorize"): return self.xAgree(call)
        default: throw XRefusal.problem(404, "Not Found", "Not Found")
        }
    }

    private static let notAuthenticated = XRefusal(
        status: 401, body: ["errors": [["code": 32, "message": "Could not authenticate you."]]])

    private mutating func xRequestToken(_ call: Call) throws(XRefusal) -> SimulatedResponse {
        guard let (fields, token) = self.xVerified(call.request, at: call.now), token == nil,
            let key = fields["oauth_consumer_key"]
        else { throw Self.notAuthenticated }
        guard let callback = fields["oauth_callback"], callback == "oob" || callback.hasPrefix("http") else {
            throw XRefusal.problem(400, "Bad Request", "oauth_callback is missing or is no address.")
        }
        let serial = String(self.nextSerial())
        self.store(
            SimulatedOAuth1Token(
                text: "rq-" + self.secret("oauth1", serial), secret: self.secret("oauth1-secret", serial),
                consumerKey: key, callback: callback, isTemporary: true))
        let text = "rq-" + self.secret("oauth1", serial)
        return Self.form([
            ("oauth_token", text), ("oauth_token_secret", self.oauth1Tokens[text]?.secret ?? ""),
            ("oauth_callback_confirmed", "true"),
        ])
    }

    private mutating func xAgree(_ call: Call) -> SimulatedResponse {
        let query = call.request.query
        guard var token = query["oauth_token"].flatMap({ self.oauth1Tokens[$0] }), token.isTemporary, !token.isUsed,
            token.account == nil
        else { return ApprovalPage.problem("This page is no longer valid.") }
        if let account = query["approve"].flatMap({ self.account(.x, named: $0) }) {
            token.account = account.key
            token.verifier = String(1_000_000 + stableHash("pin", token.text) % 9_000_000)
            self.store(token)
            guard token.callback != "oob" else {
                return .html(
                    "<!doctype html><title>Your number</title><p>Read it out: <code>\(token.verifier ?? "")</code>")
            }
            let separator = token.callback.contains("?") ? "&" : "?"
            return .redirect(
                to: "\(token.callback)\(separator)oauth_token=\(token.text)&oauth_verifier=\(token.verifier ?? "")")
        }
        if query["decline"] != nil, token.callback != "oob" {
            let separator = token.callback.contains("?") ? "&" : "?"
            return .redirect(to: "\(token.callback)\(separator)denied=\(token.text)")
        }
        return ApprovalPage(
            title: "Authorize \(token.consumerKey) on X", scopes: "read and write", query: query,
            choices: self.accountOrder.compactMap { self.accounts[$0] }.filter { $0.key.platform == .x }.prefix(200)
                .map { ApprovalPage.Choice(id: $0.key.externalID, name: $0.name, note: "@\($0.handle)") }
        ).response
    }

    private mutating func xAccessToken(_ call: Call) throws(XRefusal) -> SimulatedResponse {
        let form = FormFields(parsing: String(decoding: call.request.body, as: UTF8.self))
        guard let (fields, token) = self.xVerified(call.request, at: call.now), var token, token.isTemporary,
            let key = token.account, let account = self.accounts[key],
            let verifier = fields["oauth_verifier"] ?? call.request.query["oauth_verifier"] ?? form["oauth_verifier"],
            verifier == token.verifier
        else { throw Self.notAuthenticated }
        // It is used up, whether or not the answer arrives.
        token.isUsed = true
        self.store(token)
        let serial = String(self.nextSerial())
        let lasting = SimulatedOAuth1Token(
            text: "\(key.externalID)-\(self.secret("oauth1-access", serial))",
            secret: self.secret("oauth1-access-secret", serial), consumerKey: token.consumerKey, callback: "",
            account: key, isTemporary: false)
        self.store(lasting)
        return Self.form([
            ("oauth_token", lasting.text), ("oauth_token_secret", lasting.secret), ("user_id", key.externalID),
            ("screen_name", account.handle),
        ])
    }

    mutating func store(_ token: SimulatedOAuth1Token) {
        self.oauth1Tokens[token.text] = token
        self.record(.oauth1Token(token))
    }

    private static func form(_ fields: [(String, String)]) -> SimulatedResponse {
        let text = fields.map { "\($0.0)=\(FormFields.encoded($0.1))" }.joined(separator: "&")
        return SimulatedResponse(
            status: 200, headers: [.contentType: "text/html; charset=utf-8"], body: Array(text.utf8))
    }
}
