// SPDX-License-Identifier: MIT

import Crypto
import HTTPTypes

extension World {
    /// Lifetimes in world seconds: short tokens 90 minutes, long ones 60 days less a little, as recorded.
    static let graphShortLife = 5400.0
    static let graphLongLife = 5_183_944.0

    /// Who sends a request to Graph, and about which account.
    func graphCaller(of request: SimulatedRequest, _ host: Platform, at now: WorldTime) -> Caller {
        let parameters = GraphParameters(request)
        let bearer = self.graphBearer(request, parameters, at: now)
        let account = self.graphSubject(GraphPath(request), bearer)
        return Caller(
            platform: account?.key.platform ?? host, account: account,
            adAccount: self.graphAdAccount(GraphPath(request)), isTokenDead: bearer?.refusal != nil,
            bearer: bearer, parameters: parameters)
    }

    private func graphBearer(
        _ request: SimulatedRequest, _ parameters: GraphParameters, at now: WorldTime
    ) -> GraphBearer? {
        let header = (request.headers[.authorization] ?? "").split(separator: " ", maxSplits: 1).map(String.init)
        let scheme = header.first?.lowercased()
        let inHeader = header.count == 2 && (scheme == "bearer" || scheme == "oauth") ? header[1].trimmingSpaces : nil
        guard let text = inHeader ?? parameters.text("access_token"), !text.isEmpty else { return nil }
        // The upload host takes the tokens of both logins.
        let isInstagramHost = request.host == "rupload.facebook.com" ? nil : request.host == "graph.instagram.com"
        var bearer = self.graphBearer(text, isInstagramHost: isInstagramHost, at: now)
        bearer.usesOAuthScheme = scheme == "oauth"
        if bearer.refusal == nil, let proof = parameters.text("appsecret_proof"), !self.isProof(proof, bearer) {
            bearer.refusal = .invalid("Invalid appsecret_proof provided in the API argument")
        }
        return bearer
    }

    /// Looks a token up; an unknown one is a bearer with a refusal.
    func graphBearer(_ text: String, isInstagramHost: Bool?, at now: WorldTime) -> GraphBearer {
        guard let token = self.graphToken(text) else {
            let unknown = GraphToken(text: text, kind: .user, appID: "", scopes: [], issuedAt: now)
            return GraphBearer(token: unknown, refusal: .deadToken(nil))
        }
        var bearer = GraphBearer(token: token)
        if let subcode = token.deadSubcode {
            bearer.refusal = .deadToken(subcode)
        } else if let expiry = token.expiresAt, expiry <= now {
            bearer.refusal = .deadToken(463)
        } else if let expiry = token.dataAccessExpiresAt, expiry <= now {
            bearer.refusal = .deadToken(nil)
        } else if let isInstagramHost, (token.kind == .instagram) != isInstagramHost {
            bearer.refusal = .deadToken(nil)
        }
        return bearer
    }

    /// A token that was given out or provisioned, or that is an app's id and secret.
    private func graphToken(_ text: String) -> GraphToken? {
        if let token = self.graphTokens[text] { return token }
        for platform in [Platform.facebook, .instagram] {
            guard let account = self.graphAccount(provisionedWith: text, platform) else { continue }
            // With Facebook Login the token for an Instagram account is that of its Page.
            let page = account.pageID.map { AccountKey(platform: .facebook, externalID: $0) }
            let isOfPage = account.usesInstagramLogin != true && page.flatMap { self.accounts[$0] } != nil
            return GraphToken(
                text: text, kind: account.usesInstagramLogin == true ? .instagram : .page,
                owner: isOfPage ? page : account.key,
                appID: account.clientID ?? "", scopes: account.scopes, issuedAt: account.createdAt,
                expiresAt: account.tokenExpiresAt, deadSubcode: account.accessToken == text ? nil : 467)
        }
        let parts = text.split(separator: "|", maxSplits: 1).map(String.init)
        guard parts.count == 2, let app = self.graphApp(parts[0]), app.clientSecret == parts[1] else { return nil }
        return GraphToken(
            text: text, kind: .app, appID: app.clientID, scopes: [], issuedAt: WorldTime(milliseconds: 0))
    }

    private func graphAccount(provisionedWith token: String, _ platform: Platform) -> SimulatedAccount? {
        self.accessTokens[self.tokenKey(platform, token)].flatMap { self.accounts[$0] }
    }

    /// An app of Meta; it serves both platforms, wherever it was provisioned.
    func graphApp(_ id: String) -> SimulatedApp? {
        self.apps[self.tokenKey(.facebook, id)] ?? self.apps[self.tokenKey(.instagram, id)]
    }

    private func isProof(_ proof: String, _ bearer: GraphBearer) -> Bool {
        guard let secret = self.graphApp(bearer.token.appID)?.clientSecret else { return false }
        let code = HMAC<SHA256>.authenticationCode(
            for: Array(bearer.token.text.utf8), using: SymmetricKey(data: Array(secret.utf8)))
        return MediaType.hexadecimal(code) == proof
    }

    /// Stores a token that is given out.
    mutating func give(_ token: GraphToken) {
        self.graphTokens[token.text] = token
        self.record(.graphToken(token))
    }

    /// Lets a token die now.
    mutating func expire(_ bearer: GraphBearer, at now: WorldTime) -> GraphBearer {
        var bearer = bearer
        if var token = self.graphTokens[bearer.token.text] {
            token.expiresAt = now
            self.give(token)
        } else {
            for platform in [Platform.facebook, .instagram] {
                guard var account = self.graphAccount(provisionedWith: bearer.token.text, platform) else { continue }
                account.tokenExpiresAt = now
                self.store(account)
            }
        }
        bearer.refusal = bearer.refusal ?? .deadToken(463)
        return bearer
    }

    /// Whether a token may act for an account: it is the account's own, or its Page's, or of a person with a task there.
    func mayAct(_ bearer: GraphBearer, for account: SimulatedAccount) -> Bool {
        let page = account.key.platform == .facebook ? account.key.externalID : account.pageID
        switch bearer.kind {
        case .app: return false
        case .instagram: return bearer.token.owner == account.key
        case .page:
            guard let owner = bearer.token.owner else { return false }
            return owner == account.key || owner == page.map { AccountKey(platform: .facebook, externalID: $0) }
        case .user:
            guard let page, let person = bearer.token.person.flatMap({ self.people[$0] }) else { return false }
            return person.pages.contains(page)
        }
    }
}
