// SPDX-License-Identifier: MIT

import HTTPTypes

/// Graph: routes, tokens, permissions.
extension World {
    /// Graph's answer.
    mutating func graphAnswer(_ call: inout Call) -> SimulatedResponse {
        let path = GraphPath(call.request)
        if path.isUpload { return self.rupload(&call, path) }
        if call.request.host == "www.facebook.com" || call.request.host == "www.instagram.com" {
            return self.graphWebsite(call, path)
        }
        if call.request.host == "api.instagram.com" { return self.instagramCode(call) }
        var response: SimulatedResponse
        do {
            response = try self.graphResult(&call, path)
        } catch let refusal {
            response = refusal.response(trace: call.request.id)
        }
        if let version = path.version { response.set("facebook-api-version", version) }
        response.set("x-fb-request-id", call.request.id)
        response.set("x-fb-trace-id", call.request.id)
        self.addGraphUsage(to: &response, call)
        return response
    }

    private mutating func graphResult(_ call: inout Call, _ path: GraphPath) throws(GraphRefusal) -> SimulatedResponse {
        try Self.checkProtocol(call.request, path)
        if let answer = try self.graphOAuth(&call, path) { return answer }
        if path.parts.isEmpty, call.request.method == "POST" { return try self.graphBatch(&call, path) }
        guard path.version != nil else { throw GraphRefusal.oldVersion }
        guard let id = path.node else { throw GraphRefusal.unsupported(call.request.method) }
        guard let bearer = call.bearer else { throw id == "me" ? GraphRefusal.noActiveToken : .noToken }
        if let refusal = bearer.refusal { throw refusal }
        try self.graphCount(call, bearer)
        guard let node = self.graphNode(id, bearer, at: call.now) else {
            if id == "me" { throw GraphRefusal.noActiveToken }
            throw id.contains(where: \.isLetter)
                ? GraphRefusal.noAlias(id) : GraphRefusal.noObject(id, call.request.method)
        }
        guard let endpoint = GraphEndpoint(method: call.request.method, node: node, edge: path.edge) else {
            throw GraphRefusal.unsupported(call.request.method)
        }
        try self.graphAuthorize(bearer, node, endpoint, call)
        let schema = endpoint.isList ? endpoint.schema.adding(GraphParameters.paging) : endpoint.schema
        let arguments = try (call.parameters ?? GraphParameters(call.request)).checked(schema)
        let fields = try Self.graphFields(arguments.text("fields"), endpoint)
        return try self.graphRoute(&call, GraphRequest(endpoint: endpoint, arguments: arguments, fields: fields), node)
    }

    /// Refuses what every version has lost, and versions that are not served.
    private static func checkProtocol(_ request: SimulatedRequest, _ path: GraphPath) throws(GraphRefusal) {
        if let version = path.version, !GraphPath.versions.contains(version) { throw GraphRefusal.oldVersion }
        if request.headers.contains(where: { $0.name.canonicalName == "if-none-match" }) {
            throw GraphRefusal.invalid("ETags were removed from all versions; do not send If-None-Match")
        }
    }

    private static func graphFields(
        _ text: String?, _ endpoint: GraphEndpoint
    ) throws(GraphRefusal) -> [GraphField] {
        let fields = try GraphFieldParser.parse(text)
        let known = endpoint.fields
        if let unknown = fields.first(where: { !known.contains($0.name) }) {
            throw GraphRefusal.invalid("Tried accessing nonexisting field (\(unknown.name)) on \(endpoint.rawValue)")
        }
        return fields
    }

    /// Whether the token may do this to that.
    private func graphAuthorize(
        _ bearer: GraphBearer, _ node: GraphNode, _ endpoint: GraphEndpoint, _ call: Call
    ) throws(GraphRefusal) {
        if call.adAccount != nil {
            try self.authorizeAds(bearer, call)
        } else if case .person(let person) = node {
            guard bearer.kind == .user, bearer.token.person == person.id else { throw GraphRefusal.noRole }
        } else {
            guard let account = call.account ?? bearer.token.owner.flatMap({ self.accounts[$0] }) else {
                throw GraphRefusal.noRole
            }
            guard self.mayAct(bearer, for: account) else { throw GraphRefusal.noRole }
            if endpoint.needsPageToken, bearer.kind != .page { throw GraphRefusal.needsPageToken }
            if account.isSuspended, call.request.method != "GET" { throw Self.blocked(account.key.platform) }
        }
        if let missing = bearer.missing(endpoint.scopes) { throw GraphRefusal.needs(missing) }
    }

    /// The refusal of a suspended account.
    private static func blocked(_ platform: Platform) -> GraphRefusal {
        if platform == .instagram {
            return GraphRefusal(
                status: 403, code: 25, subcode: 2_207_050, message: "The Instagram account is restricted or inactive.",
                userMessage: "Log in to the Instagram app and follow its instructions.")
        }
        return GraphRefusal(
            status: 403, code: 368,
            message: "(#368) The action attempted has been deemed abusive or is otherwise disallowed",
            userMessage: "The Page is blocked for now.")
    }
}

/// A request to an endpoint, checked.
struct GraphRequest: Sendable {
    var endpoint: GraphEndpoint
    var arguments: GraphArguments
    var fields: [GraphField]
}
