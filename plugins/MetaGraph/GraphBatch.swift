// SPDX-License-Identifier: MIT

package import Foundation
import HTTPTypes
package import PluginKit

/// One read of a batch.
package struct GraphRead: Sendable {
    /// The node and its edge.
    package var path: String
    /// The fields of the query.
    package var query: FormFields

    /// Describes a read.
    package init(_ path: String, _ query: FormFields) {
        self.path = path
        self.query = query
    }
}

extension GraphClient {
    /// How many reads one batch takes.
    package static let batchSize = 50

    private struct Request: Encodable {
        var method = "GET"
        var relative_url: String
    }
    private struct Reply: Decodable {
        var code: Int
        var body: String?
    }

    /// Makes many reads in one request; each is counted by Meta as a call of its own.
    ///
    /// The contract sheets do not describe batches; this follows Meta's long-standing page on them (?). A single read goes out as itself.
    ///
    /// - Parameters:
    ///   - reads: At most ``batchSize``.
    ///   - caller: Who calls.
    ///   - endpoint: The bucket that the request is counted in.
    /// - Returns: An answer or an error for each, in order.
    /// - Throws: What became of the request as a whole.
    package func batch(
        _ reads: [GraphRead], as caller: GraphCaller, endpoint: String
    ) async throws(PluginError) -> [Result<Data, PluginError>] {
        let requests = reads.map { Request(relative_url: "\($0.path)?\($0.query.encoded)") }
        let form: FormFields = ["batch": GraphCoding.json(requests), "include_headers": "false"]
        var head = self.head(.post, "", [:], caller)
        head.headerFields[.contentType] = "application/x-www-form-urlencoded"
        var call = HTTPCall(
            head, body: .bytes(form.data), endpoint: endpoint, deadline: .seconds(60), maximumResponseBytes: 16 << 20)
        call.count = reads.count
        let answers = try await self.call([Reply?].self, call, hidden: caller.hidden)
        let failure = GraphFailure(endpoint: endpoint, hidden: caller.hidden)
        return reads.indices.map { place in
            guard answers.indices.contains(place), let answer = answers[place] else {
                return .failure(PluginError(.retryAfter, "Meta did not come to this read."))
            }
            let body = Data((answer.body ?? "").utf8)
            guard (200...299).contains(answer.code) else {
                let response = HTTPResponse(status: HTTPResponse.Status(code: answer.code))
                return .failure(failure.error(HTTPReply(response: response, body: body)))
            }
            return .success(body)
        }
    }
}
