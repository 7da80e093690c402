// SPDX-License-Identifier: MIT

/// One condition of `filtering`.
private struct AdFilter {
    var field: String
    var comparison: String
    var values: [String]

    init(_ value: JSONValue) throws(GraphRefusal) {
        guard let object = value.object, let field = object["field"]?.string,
            let comparison = object["operator"]?.string?.uppercased(), let wanted = object["value"]
        else { throw GraphRefusal.unusable("filtering", "each condition has field, operator and value") }
        self.field = field
        self.comparison = comparison
        self.values = (wanted.array ?? [wanted]).compactMap { $0.string ?? $0.integer.map(String.init) }
        guard ["EQUAL", "NOT_EQUAL", "CONTAIN", "NOT_CONTAIN", "IN", "NOT_IN"].contains(comparison) else {
            throw GraphRefusal.unusable("filtering", "the operator \(comparison) is not known")
        }
        guard let first = self.values.first, !first.isEmpty else {
            throw GraphRefusal.unusable("filtering", "value is empty")
        }
    }

    func allows(_ text: String) -> Bool {
        switch self.comparison {
        case "EQUAL", "IN": self.values.contains(text)
        case "NOT_EQUAL", "NOT_IN": !self.values.contains(text)
        case "CONTAIN": self.values.contains { text.lowercased().contains($0.lowercased()) }
        default: !self.values.contains { text.lowercased().contains($0.lowercased()) }
        }
    }
}

extension World {
    /// A list of campaigns, ad sets, ads or creatives, newest first; archived and deleted ones only if asked for.
    mutating func adList(
        _ call: inout Call, _ request: GraphRequest, _ account: SimulatedAdAccount, under parent: SimulatedAdObject?
    ) throws(GraphRefusal) -> SimulatedResponse {
        guard let level = request.endpoint.adLevel else { throw GraphRefusal.unsupported(call.request.method) }
        var filters: [AdFilter] = []
        for value in request.arguments.list("filtering") ?? [] { filters.append(try AdFilter(value)) }
        let statuses = request.arguments.texts("effective_status")
        var found: [SimulatedAdObject] = []
        for object in self.adObjects(level, of: account.key)
        where parent.map({ self.isUnder(object, $0) }) ?? true && object.hiddenUntil.map({ $0 <= call.now }) ?? true {
            let status = self.effectiveStatus(of: object, at: call.now)
            if let statuses {
                guard statuses.contains(status) else { continue }
            } else if !filters.contains(where: { $0.field.hasSuffix("effective_status") }) {
                guard !["ARCHIVED", "DELETED"].contains(status) else { continue }
            }
            var isWanted = true
            for filter in filters {
                let text = try self.text(of: object, for: filter.field, status: status)
                isWanted = isWanted && filter.allows(text)
            }
            if isWanted { found.append(object) }
        }
        let page = try GraphPage(found, request.arguments, defaultLimit: 25, most: 500) { $0.id }
        let isByName = filters.allSatisfy { $0.field == "name" || $0.field == "\(level.graph).name" }
        if statuses == nil, isByName {
            self.observeAds(&call, level, page.entries, isCut: page.isCut, request.arguments, under: parent) { name in
                filters.allSatisfy { $0.allows(name) }
            }
        }
        return .json([
            "data": .array(page.entries.map { self.graphShow($0, request.fields, call.now) }),
            "paging": page.paging(call),
        ])
    }

    private func isUnder(_ object: SimulatedAdObject, _ parent: SimulatedAdObject) -> Bool {
        object.parentID == parent.id || self.adCampaign(of: object)?.id == parent.id
    }

    /// What a condition looks at.
    private func text(
        of object: SimulatedAdObject, for field: String, status: String
    ) throws(GraphRefusal) -> String {
        let parts = field.split(separator: ".").map(String.init)
        let ancestor: SimulatedAdObject? =
            switch parts.count == 2 ? parts[0] : object.level.graph {
            case object.level.graph: object
            case "campaign": self.adCampaign(of: object)
            case "adset": object.level == .ad ? object.parentID.flatMap { self.adObjects[$0] } : nil
            default: nil
            }
        switch (ancestor, parts.last) {
        case (let ancestor?, "id"): return ancestor.id
        case (let ancestor?, "name"): return ancestor.name
        case (let ancestor?, "effective_status"):
            return ancestor.id == object.id ? status : ancestor.state.status.rawValue.uppercased()
        default: throw GraphRefusal.unusable("filtering", "the field \(field) is not known here")
        }
    }

    /// Tells the ledger what a list proves.
    private mutating func observeAds(
        _ call: inout Call, _ level: SimulatedAdObject.Level, _ page: [SimulatedAdObject], isCut: Bool,
        _ arguments: GraphArguments, under parent: SimulatedAdObject?, covers: (String) -> Bool
    ) {
        guard let kind = level.effectKind else { return }
        let above = arguments.text("after").flatMap { self.adObjects[$0]?.serial } ?? .max
        let lowest = isCut ? page.last?.serial ?? 0 : 0
        let shown = Set(page.map(\.marker))
        // An attempt names what the object was to be right under; a campaign's ads are under its ad sets.
        let parents = parent.map { Set([$0.id] + self.adChildren(.group, of: $0.id).map(\.id)) }
        call.read = self.ledger.observe(
            platform: call.platform.rawValue, account: call.owner, isLeaving: call.isLeaving
        ) { attempt in
            attempt.kind == kind && attempt.position >= lowest && attempt.position < above
                && (parents.map { ids in attempt.listing.map(ids.contains) ?? false } ?? true)
                && covers(attempt.name ?? "")
                && !shown.contains(attempt.marker)
        }
    }
}

extension SimulatedAdObject.Level {
    /// What Meta calls it in conditions.
    fileprivate var graph: String {
        switch self {
        case .campaign: "campaign"
        case .group: "adset"
        case .ad: "ad"
        case .creative, .criterion: "adcreative"
        }
    }

    /// What making one is in the ledger.
    var effectKind: EffectKind? {
        switch self {
        case .campaign: .campaign
        case .group: .adGroup
        case .ad: .ad
        case .creative, .criterion: nil
        }
    }
}
