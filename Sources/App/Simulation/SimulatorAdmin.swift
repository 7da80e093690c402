// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import PluginKit

/// The simulator's own endpoints, as a client: accounts, faults, clock, ledger.
struct SimulatorAdmin: Sendable {
    /// One pretend account.
    struct Account: Codable, Sendable {
        var platform: String
        var externalID: String
        var handle: String
        var name: String
        var accessToken: String
        var refreshToken: String?
        var clientID: String?
        var tokenExpiresIn: Double?
        var followers: Int
        var timeZone: String
        /// Of an Instagram account: the Page that it is linked to.
        var page: String?
        /// How many posts it has from before.
        var history: Int?
        /// Over how many days they are spread; one a day when `nil`.
        var historyDays: Double?
        /// Of an Instagram account: the login that its token is of, `instagram` for its own.
        var login: String?
    }

    /// What the ledger says in sum.
    struct LedgerSummary: Sendable, Equatable {
        var attempts = 0
        var effects = 0
        var markers = 0
        var duplicates = 0
    }

    private let http: any HTTPTransport
    private let origin: URL

    init(http: any HTTPTransport, origin: URL) {
        self.http = http
        self.origin = origin
    }

    func add(accounts: [Account]) async throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        // `externalID` and `clientID` end in capitals, which the strategy writes as one word: `external_id`, `client_id`.
        try await self.post("accounts", encoder.encode(accounts))
    }

    func add(app platform: String, clientID: String, secret: String) async throws {
        try await self.post(
            "apps", JSONEncoder().encode([["platform": platform, "client_id": clientID, "client_secret": secret]]))
    }

    /// Adds an app, as JSON in the simulator's own form.
    func add(app json: String) async throws { try await self.post("apps", Data(json.utf8)) }

    /// Adds people of Facebook with what they manage, as JSON in the simulator's own form.
    func add(people json: String) async throws { try await self.post("people", Data(json.utf8)) }

    /// Lets people write under posts, as JSON in the simulator's own form.
    ///
    /// - Returns: The platform's identities of what they wrote.
    func add(comments json: String) async throws -> [String] {
        struct Answer: Decodable { var comments: [String] }
        return try JSONDecoder().decode(
            Answer.self, from: try await self.call(.post, "comments", body: Data(json.utf8))
        ).comments
    }

    /// Lets somebody take back what they wrote.
    func remove(comment: String) async throws { _ = try await self.call(.delete, "comments?id=\(comment)") }

    /// Adds ad accounts, as JSON in the simulator's own form.
    func add(adAccounts json: String) async throws { try await self.post("ad_accounts", Data(json.utf8)) }

    /// Adds fault rules, as JSON in the simulator's own form.
    func add(faults json: String) async throws { try await self.post("faults", Data(json.utf8)) }

    func removeFaults() async throws { _ = try await self.call(.delete, "faults") }

    /// Sets the world's clock: at the real moment `realEpoch` it is `worldEpoch`, and runs `rate` times as fast from there.
    func setClock(worldEpoch: Date, realEpoch: Date, rate: Double) async throws {
        let body = [
            "world_epoch": worldEpoch.timeIntervalSince1970, "real_epoch": realEpoch.timeIntervalSince1970,
            "rate": rate,
        ]
        try await self.post("clock", JSONEncoder().encode(body))
    }

    /// The sums over all platforms.
    func ledgerSummary() async throws -> LedgerSummary {
        let reply = try await self.call(.get, "ledger/summary")
        return try LedgerSummary(JSONSerialization.jsonObject(with: reply))
    }

    /// The ledger's rows after a sequence number, as decoded JSON objects.
    func ledger(query: String) async throws -> Data { try await self.call(.get, "ledger?\(query)") }

    /// The rows of the log of calls after a sequence number, as JSON.
    func calls(query: String) async throws -> Data { try await self.call(.get, "calls?\(query)") }

    /// The truth about an audience: its activity in each hour of the week, Monday 00:00 first, mean 1.
    func audience(platform: String, account: String) async throws -> [Double] {
        struct Answer: Decodable { var weights: [Double] }
        let reply = try await self.call(.get, "audience?platform=\(platform)&account=\(account)")
        return try JSONDecoder().decode(Answer.self, from: reply).weights
    }

    /// The campaigns of the mock platform with their spend, as JSON.
    func campaigns() async throws -> Data { try await self.call(.get, "campaigns") }

    /// What was made in ad accounts, with its state and what it spent, as JSON.
    func ads() async throws -> Data { try await self.call(.get, "ads") }

    /// What each ad account spent, by day, and in which units, as JSON.
    func adSpend() async throws -> Data { try await self.call(.get, "ads/spend") }

    /// What is live, newest first.
    func posts(limit: Int) async throws -> Data { try await self.posts(query: "limit=\(limit)") }

    /// What is live and fits a query, newest first, as JSON.
    func posts(query: String) async throws -> Data { try await self.call(.get, "posts?\(query)") }

    private func post(_ path: String, _ body: Data) async throws { _ = try await self.call(.post, path, body: body) }

    private func call(_ method: HTTPRequest.Method, _ path: String, body: Data? = nil) async throws -> Data {
        guard let url = URL(string: "_admin/\(path)", relativeTo: self.origin.appendingPathComponent("/"))?.absoluteURL
        else {
            throw CommandError(.failed, "the simulator's address \(self.origin) cannot be used")
        }
        var request = HTTPRequest(
            method: method, scheme: url.scheme, authority: url.port.map { "\(url.host ?? ""):\($0)" } ?? url.host,
            path: url.path + (url.query.map { "?\($0)" } ?? ""))
        if body != nil { request.headerFields[.contentType] = "application/json" }
        let call = HTTPCall(
            request, body: body.map { .bytes($0) } ?? .empty, endpoint: "admin", deadline: .seconds(60),
            maximumResponseBytes: 256 << 20)
        let reply = try await self.http.send(call)
        guard (200..<300).contains(reply.status) else {
            throw CommandError(
                .failed, "the simulator refused \(method) /_admin/\(path.prefix { $0 != "?" }) with \(reply.status)",
                details: [String(decoding: reply.body.prefix(500), as: UTF8.self)])
        }
        return reply.body
    }
}

extension SimulatorAdmin.LedgerSummary {
    fileprivate init(_ json: Any) {
        let object = (json as? [String: Any]) ?? [:]
        let total = (object["total"] as? [String: Any]) ?? object
        func number(_ names: String...) -> Int {
            names.lazy.compactMap { (total[$0] as? NSNumber)?.intValue }.first ?? 0
        }
        self.init(
            attempts: number("attempts"), effects: number("effects"), markers: number("distinct_markers", "markers"),
            duplicates: number("duplicates"))
    }
}
