// SPDX-License-Identifier: MIT

@testable import Simulator

extension RunningSimulator {
    static let graph = "/graph.facebook.com/v25.0"
    static let tikTok = "/open.tiktokapis.com/v2"
    static let instagramID = "17841400000000001"
    static let form = [("Content-Type", "application/x-www-form-urlencoded")]

    /// The beginning of a JPEG of a size, which is all that is looked at.
    static func jpeg(width: Int = 1080, height: Int = 1080, _ rest: String = "") -> [UInt8] {
        let sides = [height >> 8, height & 255, width >> 8, width & 255].map { UInt8($0) }
        let head: [UInt8] = [0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 0, 0, 0xFF, 0xC0, 0, 11, 8]
        return head + sides + [1, 1, 0x11, 0] + Array(rest.utf8)
    }

    /// A running simulator with two Pages, a person who manages them, and accounts of Instagram and TikTok.
    static func withPlatforms(
        _ configuration: SimulatorConfiguration = SimulatorConfiguration(),
        _ body: @escaping @Sendable (RunningSimulator) async throws -> Void
    ) async throws {
        try await Self.with(configuration) { simulator async throws in
            _ = try await simulator.post(
                "/_admin/apps",
                [
                    ["platform": "facebook", "client_id": "70", "client_secret": "s"],
                    ["platform": "tiktok", "client_id": "key", "client_secret": "s"],
                ])
            _ = try await simulator.post(
                "/_admin/accounts",
                [
                    [
                        "platform": "facebook", "external_id": "101", "handle": "acme", "name": "Acme",
                        "access_token": "f1", "followers": 5000, "client_id": "70",
                    ],
                    ["platform": "facebook", "external_id": "102", "access_token": "f2", "followers": 40],
                    [
                        "platform": "instagram", "external_id": .string(Self.instagramID), "handle": "acme",
                        "access_token": "i1", "followers": 5000, "page": "101",
                    ],
                    [
                        "platform": "instagram", "external_id": "17841400000000002", "access_token": "i2",
                        "login": "instagram", "token_expires_in": 3600,
                    ],
                    [
                        "platform": "tiktok", "external_id": "open1", "handle": "acme", "access_token": "t1",
                        "refresh_token": "tr1", "client_id": "key", "followers": 5000,
                    ],
                    ["platform": "tiktok", "external_id": "open2", "access_token": "t2", "private": true],
                ])
            _ = try await simulator.post(
                "/_admin/people",
                [
                    "external_id": "900", "name": "Ann", "pages": ["101", "102"], "access_token": "u1",
                    "client_id": "70",
                    "ad_accounts": [["id": "555", "name": "Acme ads", "currency": "EUR"]],
                ])
            try await body(simulator)
        }
    }

    /// A file that the platforms can fetch; its address.
    func file(_ bytes: [UInt8], _ type: String = "image/jpeg") async throws -> String {
        let made = try await self.send(
            "POST", "\(Self.mock)/media", token: "m1", headers: [("Content-Type", type)], body: bytes)
        return "http://127.0.0.1:\(self.port)/_media/\(made.json["id"]?.string ?? "missing")"
    }

    /// Sends a form to Graph.
    func graph(_ path: String, _ fields: [(String, String)], token: String = "f1") async throws -> Answer {
        let text = fields.map { "\(FormFields.encoded($0.0))=\(FormFields.encoded($0.1))" }.joined(separator: "&")
        return try await self.send(
            "POST", "\(Self.graph)\(path)", token: token, headers: Self.form, body: Array(text.utf8))
    }

    /// Sends a file and fields to Graph as `multipart/form-data`.
    func upload(
        _ path: String, _ file: [UInt8], name: String = "source", _ fields: [(String, String)] = [],
        token: String = "f1"
    ) async throws -> Answer {
        var body: [UInt8] = []
        for (name, value) in fields {
            body += Array("--b\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n".utf8)
        }
        let disposition = "Content-Disposition: form-data; name=\"\(name)\"; filename=\"f\""
        body += Array("--b\r\n\(disposition)\r\nContent-Type: application/octet-stream\r\n\r\n".utf8)
        body += file + Array("\r\n--b--\r\n".utf8)
        return try await self.send(
            "POST", "\(Self.graph)\(path)", token: token,
            headers: [("Content-Type", "multipart/form-data; boundary=b")], body: body)
    }

    /// The path on the simulator of an address that a platform gave.
    static func path(of url: String) -> String { "/" + url.dropFirst("https://".count) }

    /// The ledger's latest entry.
    func latest() async throws -> JSONValue? {
        try await self.get("/_admin/ledger").json["entries"]?.array?.last
    }
}

extension RunningSimulator.Answer {
    /// Code and subcode of a refusal of Graph.
    var code: [Int?] { [self.json["error"]?["code"]?.integer, self.json["error"]?["error_subcode"]?.integer] }

    /// The code of a refusal of TikTok.
    var tikTokCode: String? { self.json["error"]?["code"]?.string }
}
