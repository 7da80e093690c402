// SPDX-License-Identifier: MIT

import JobQueue

/// A call as a pretend platform counted it.
struct PlatformCall: Sendable, Decodable {
    var platform: String
    var account: String
    /// The name that our limits know the endpoint by.
    var endpoint: String
    /// When it arrived, in seconds of the world since 1970.
    var time: Double
    /// The status of the answer, when there was one.
    var status: Int?

    private enum CodingKeys: String, CodingKey {
        case platform, account, endpoint, worldTime, status
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.platform = try container.decode(String.self, forKey: .platform)
        self.account = try container.decode(String.self, forKey: .account)
        self.endpoint = Self.known(try container.decode(String.self, forKey: .endpoint))
        let text = try container.decode(String.self, forKey: .worldTime)
        guard let time = LimitReport.seconds(text) else {
            throw DecodingError.dataCorruptedError(
                forKey: .worldTime, in: container, debugDescription: "“\(text)” is no time")
        }
        self.time = time
        self.status = try container.decodeIfPresent(Int.self, forKey: .status)
    }

    /// The plugins' name of an endpoint: all steps of an upload to X are one, the mock platform's posts are `publish`, and of TikTok's
    /// paths the end is named.
    private static func known(_ endpoint: String) -> String {
        switch endpoint {
        case "POST /v1/posts": "publish"
        case "POST /2/media/upload/initialize", "POST /2/media/upload/{id}/append",
            "POST /2/media/upload/{id}/finalize":
            "POST /2/media/upload"
        case _ where endpoint.contains(" /v2/"):
            endpoint.replacing(/\/v2\/(post\/publish\/)?/, with: "").replacing(/\/$/, with: "")
        default: endpoint.replacing("{id}", with: ":id")
        }
    }
}

/// A visible call in the simulator's ledger.
struct VisibleCall: Sendable, Decodable {
    var call: PlatformCall
    var arrival: ArrivalRecord

    private enum CodingKeys: String, CodingKey {
        case sequence, marker, tookEffect, duplicate, remoteId, answer
    }

    init(from decoder: any Decoder) throws {
        self.call = try PlatformCall(from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let sequence = try container.decode(Int.self, forKey: .sequence)
        let answer = try container.decode(String.self, forKey: .answer)
        self.arrival = ArrivalRecord(
            key: try container.decode(String.self, forKey: .marker),
            row: "row \(sequence) of \(self.call.platform) (\(answer))",
            tookEffect: try container.decode(Bool.self, forKey: .tookEffect),
            isDuplicate: try container.decode(Bool.self, forKey: .duplicate),
            remoteID: try container.decodeIfPresent(String.self, forKey: .remoteId))
    }
}
