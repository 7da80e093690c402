// SPDX-License-Identifier: MIT

/// The Marketing API: nodes, permissions, routes.
extension World {
    /// The ad account that a path is about.
    func graphAdAccount(_ path: GraphPath) -> SimulatedAdAccount? {
        guard let id = path.node else { return nil }
        if id.hasPrefix("act_") { return self.adAccount(.meta, id) }
        guard let object = self.adObjects[id], object.account.network == .meta else { return nil }
        return self.adAccounts[object.account]
    }

    /// An ad account or something in one.
    func adNode(_ id: String) -> GraphNode? {
        if id.hasPrefix("act_") { return self.adAccount(.meta, id).map { .adAccount($0) } }
        guard let object = self.adObjects[id], object.account.network == .meta else { return nil }
        switch object.level {
        case .campaign: return .campaign(object)
        case .group: return .adSet(object)
        case .ad: return .ad(object)
        case .creative: return .adCreative(object)
        case .criterion: return nil
        }
    }

    /// An id of the Marketing API.
    func adID(_ serial: Int) -> String {
        let check = stableHash("ads", String(self.options.seed), String(serial)) % 10
        return String(120_200_000_000_000_000 + Int64(serial) * 10 + Int64(check))
    }

    /// Whether a token may do this in the ad account: it is of a person who manages the account, and has the permission.
    func authorizeAds(_ bearer: GraphBearer, _ call: Call) throws(GraphRefusal) {
        guard let account = call.adAccount, bearer.kind == .user,
            let person = bearer.token.person.flatMap({ self.people[$0] }),
            person.adAccounts.contains(where: { $0.id == account.key.id })
        else { throw GraphRefusal.noAdAccess }
        let wanted = call.request.method == "GET" ? ["ads_read", "ads_management"] : ["ads_management"]
        guard wanted.contains(where: bearer.token.scopes.contains) else {
            throw GraphRefusal.needs(call.request.method == "GET" ? "ads_read" : "ads_management")
        }
    }

    /// What a person would pay for if this worked; nothing for a request that only asks for checks.
    func adEffect(_ endpoint: GraphEndpoint, _ node: GraphNode, _ parameters: GraphParameters) -> Call.Effect? {
        guard !Self.validatesOnly(parameters["execution_options"]) else { return nil }
        let name = parameters.text("name") ?? ""
        func made(_ kind: EffectKind, parent: String?) -> Call.Effect {
            Call.Effect(
                kind: kind, endpoint: endpoint.rawValue, marker: Marker(text: name, context: parent ?? ""),
                listing: parent, name: name)
        }
        switch (endpoint, node) {
        case (.createCampaign, _): return made(.campaign, parent: nil)
        case (.createAdSet, _): return made(.adGroup, parent: parameters.text("campaign_id"))
        case (.createAd, _): return made(.ad, parent: parameters.text("adset_id"))
        case (_, .campaign(let object)), (_, .adSet(let object)), (_, .ad(let object)):
            guard parameters.text("status")?.uppercased() == "ACTIVE" else { return nil }
            return object.activation(endpoint.rawValue)
        default: return nil
        }
    }

    /// Whether a request wants to be checked and not carried out.
    static func validatesOnly(_ options: JSONValue?) -> Bool {
        let list = GraphSchema.Kind.list(.text).typed(options ?? .null)?.strings ?? []
        return list.contains { $0.lowercased() == "validate_only" }
    }

    mutating func adAccountRoute(
        _ call: inout Call, _ request: GraphRequest, _ account: SimulatedAdAccount
    ) throws(GraphRefusal) -> SimulatedResponse {
        switch request.endpoint {
        case .readAdAccount: return .json(self.graphShow(account, request.fields, call.now))
        case .minimumBudgets: return .json(["data": [Self.minimumBudgets(account)]])
        case .adAccountInsights: return try self.adInsights(call, request, account, nil)
        case .campaigns, .adSets, .ads, .adCreatives: return try self.adList(&call, request, account, under: nil)
        case .createCampaign: return try self.createCampaign(&call, request, account)
        case .createAdSet: return try self.createAdSet(&call, request, account)
        case .createAdCreative: return try self.createAdCreative(call, request, account)
        case .createAd: return try self.createAd(&call, request, account)
        default: throw GraphRefusal.unsupported(call.request.method)
        }
    }

    mutating func adObjectRoute(
        _ call: inout Call, _ request: GraphRequest, _ object: SimulatedAdObject
    ) throws(GraphRefusal) -> SimulatedResponse {
        guard let account = call.adAccount else { throw GraphRefusal.noAdAccess }
        switch request.endpoint {
        case .readCampaign, .readAdSet, .readAd, .readAdCreative:
            return .json(self.graphShow(object, request.fields, call.now))
        case .campaignInsights, .adSetInsights, .adInsights:
            return try self.adInsights(call, request, account, object)
        case .campaignAdSets, .campaignAds, .adSetAds: return try self.adList(&call, request, account, under: object)
        case .editCampaign: return try self.editCampaign(&call, request, object)
        case .editAdSet: return try self.editAdSet(&call, request, account, object)
        case .editAd: return try self.editAd(&call, request, account, object)
        case .editAdCreative:
            var object = object
            object.name = request.arguments.text("name") ?? object.name
            self.store(object)
            return .json(["success": true])
        case .deleteCampaign, .deleteAdSet, .deleteAd, .deleteAdCreative:
            var object = object
            object.change(at: call.now) { $0.status = .deleted }
            self.store(object)
            return .json(["success": true])
        default: throw GraphRefusal.unsupported(call.request.method)
        }
    }

    /// Stores something new, or only says that it would be.
    mutating func finish(
        _ call: inout Call, _ request: GraphRequest, _ object: SimulatedAdObject
    ) -> SimulatedResponse {
        guard !Self.validatesOnly(request.arguments.value("execution_options")) else {
            return .json(["success": true])
        }
        var object = object
        object.hiddenUntil = call.hiddenSeconds.map { call.now + $0 }
        self.store(object)
        call.tookEffect = call.effect != nil
        call.remoteID = object.id
        return .json(self.graphShow(object, request.fields, call.now))
    }

    /// A new object with the settings of a request.
    mutating func makeAdObject(
        _ call: Call, _ level: SimulatedAdObject.Level, _ account: SimulatedAdAccount, parent: String?,
        _ arguments: GraphArguments, _ state: SimulatedAdObject.State
    ) -> SimulatedAdObject {
        let serial = self.nextSerial()
        let name = arguments.text("name") ?? ""
        return SimulatedAdObject(
            id: self.adID(serial), serial: serial, account: account.key, level: level, parentID: parent, name: name,
            marker: call.effect?.marker ?? Marker(text: name, context: parent ?? ""),
            settings: String(decoding: JSONValue.object(arguments.object).encoded, as: UTF8.self), states: [state],
            createdAt: call.now, updatedAt: call.now)
    }
}

extension SimulatedAdObject {
    /// The attempt to let it run: carried out once however often it is asked, until it is turned off again.
    func activation(_ endpoint: String) -> Call.Effect {
        var marker = self.marker
        marker.value += "@\(self.level.rawValue)" + (self.pauses > 0 ? "/\(self.pauses)" : "")
        return Call.Effect(
            kind: .activation, endpoint: endpoint, marker: marker, handle: "\(self.id)/\(self.pauses)",
            name: self.name)
    }
}
