// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
public import PluginKit

/// The answer to a question for numbers of posts.
private struct MockMetrics: Decodable {
    struct Entry: Decodable {
        struct Failure: Decodable { var code: String }
        var postId: String
        var values: [String: Int64]?
        var error: Failure?
    }
    var metrics: [Entry]
}

/// The numbers of an account.
private struct MockAccountMetrics: Codable {
    var followers: Int64?
    var following: Int64?
    var posts: Int64?
}

extension MockPlugin: MetricsFetching {
    private static let definition = 1

    /// Reads up to 100 posts, or the account.
    public func metrics(_ request: MetricsRequest) async throws(PluginError) -> [MetricReading] {
        guard !request.posts.isEmpty else { return [try await self.accountMetrics(request.access)] }
        let ids = request.posts.map(\.id).joined(separator: ",")
        let answer = try await self.client.get(MockMetrics.self, "/metrics", query: ["post_ids": ids], request.access)
        return answer.metrics.compactMap { entry in
            guard entry.error == nil else {
                guard entry.error?.code == "not_found" else { return nil }
                return MetricReading(
                    postID: entry.postId, values: [:], raw: #"{"error":{"code":"not_found"}}"#,
                    definition: Self.definition, isGone: true)
            }
            let raw = entry.values ?? [:]
            // The decoder turns the keys of a dictionary to camel case like those of a structure.
            let named = Dictionary(uniqueKeysWithValues: raw.map { (Self.snakeCase($0.key), $0.value) })
            let values = named.filter { MetricName.all.contains(MetricName(rawValue: $0.key)) }
            return MetricReading(
                postID: entry.postId,
                values: Dictionary(uniqueKeysWithValues: values.map { (MetricName(rawValue: $0.key), $0.value) }),
                raw: Self.json(named), definition: Self.definition)
        }
    }

    private func accountMetrics(_ access: AccountAccess) async throws(PluginError) -> MetricReading {
        let answer = try await self.client.get(MockAccountMetrics.self, "/me/metrics", access)
        var values: [MetricName: Int64] = [:]
        values[.followers] = answer.followers
        return MetricReading(postID: nil, values: values, raw: Self.json(answer), definition: Self.definition)
    }

    private static func json(_ value: some Encodable) -> String {
        // Integers under text keys always encode; an empty object says the same as none.
        (try? MockCoding.encoder().encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    private static func snakeCase(_ key: String) -> String {
        key.reduce(into: "") { out, letter in
            if letter.isUppercase { out += "_" }
            out += letter.lowercased()
        }
    }
}
