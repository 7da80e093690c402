// SPDX-License-Identifier: MIT

/// When calls arrived at the pretend platforms, visible or not, refused or not: what a limit is proven by.
///
/// It is kept while the simulator runs, the latest ``capacity`` calls at least.
struct CallLog: Sendable {
    /// One call.
    struct Row: Sendable {
        var platform: Platform
        /// External id of the account; empty when the token named none.
        var account: String
        /// What the platform counts the call by.
        var endpoint: String
        var worldTime: WorldTime
        /// The status of the answer; `nil` while there is none, and when it was withheld.
        var status: Int?
    }

    /// Which calls a reader asks for.
    struct Filter: Sendable {
        var platform: String?
        /// Sequence number to start after.
        var after = 0
        var limit = 100_000
    }

    let capacity: Int
    private(set) var rows: [Row] = []
    /// How many calls came before the first row.
    private(set) var forgotten = 0

    /// How many calls there were.
    var count: Int { self.forgotten + self.rows.count }

    init(capacity: Int = 1 << 20) { self.capacity = capacity }

    /// Records a call.
    ///
    /// - Returns: Its sequence number.
    @discardableResult
    mutating func record(_ row: Row) -> Int {
        self.rows.append(row)
        let sequence = self.forgotten + self.rows.count
        guard self.rows.count >= 2 * self.capacity else { return sequence }
        let surplus = self.rows.count - self.capacity
        self.rows.removeFirst(surplus)
        self.forgotten += surplus
        return sequence
    }

    /// Records how a call was answered.
    mutating func answered(_ sequence: Int, status: Int) {
        let index = sequence - 1 - self.forgotten
        if self.rows.indices.contains(index) { self.rows[index].status = status }
    }

    /// The calls that fit a filter, in order, whether there are more, and how many are forgotten.
    func report(_ filter: Filter) -> JSONValue {
        var entries: [JSONValue] = []
        var next: Int?
        for (index, row) in self.rows.enumerated().dropFirst(max(0, filter.after - self.forgotten)) {
            guard filter.platform == nil || row.platform.rawValue == filter.platform else { continue }
            let sequence = self.forgotten + index + 1
            if entries.count >= filter.limit {
                next = sequence - 1
                break
            }
            entries.append([
                "sequence": JSONValue(sequence), "platform": .string(row.platform.rawValue),
                "account": .string(row.account), "endpoint": .string(row.endpoint),
                "world_time": .string(row.worldTime.iso8601), "status": row.status.map { JSONValue($0) },
            ])
        }
        return [
            "entries": .array(entries), "next_after": next.map { JSONValue($0) },
            "forgotten": JSONValue(self.forgotten),
        ]
    }
}

extension World {
    /// What the platform counts a call by: a bucket of the mock platform, method and path of X without identities.
    func countedEndpoint(_ call: Call) -> String {
        if call.request.path.hasSuffix("/token") { return "token" }
        switch call.platform {
        case .mock: return self.mockBucket(call).rawValue
        case .facebook, .instagram: return self.graphCountedEndpoint(call)
        case .tiktok: return "\(call.request.method) \(call.request.path)"
        case .x where call.request.host == Platform.xAdsHost: return XAdsEndpoint.counted(call.request)
        case .x:
            let endpoint = XEndpoint(method: call.request.method, parts: call.request.segments)
            return endpoint?.rawValue ?? "\(call.request.method) \(call.request.path)"
        }
    }
}
