// SPDX-License-Identifier: MIT

import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// Fetches files as the platforms do: within limits, without following redirects.
struct RemoteFiles: Sendable {
    /// How long an address may take.
    private static let patience = TimeAmount.seconds(60)

    private let client: HTTPClient

    init() {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(10)
        self.client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Ends all connections.
    func close() async throws { try await self.client.shutdown() }

    /// Fetches an address; what goes wrong is a result, because the platform has an answer to it.
    func fetch(_ address: RemoteAddress) async -> RemoteFile {
        var request = HTTPClientRequest(url: address.actual)
        request.headers.add(name: "User-Agent", value: "facebookexternalhit/1.1 (simulator)")
        do {
            let response = try await self.client.execute(request, timeout: Self.patience)
            let status = Int(response.status.code)
            if (300..<400).contains(status) { return .redirected }
            guard status == 200 else { return .refused(status: status) }
            var reader = BodyReader()
            var size = 0
            for try await piece in response.body {
                size += piece.readableBytes
                guard size <= address.limit else { return .tooLarge }
                reader.add(piece)
            }
            let type = (response.headers.first(name: "Content-Type") ?? "").prefix { $0 != ";" }
            return .file(
                contentType: type.trimmingSpaces.lowercased(), head: reader.head, body: reader.summary())
        } catch {
            return .unreachable(String(describing: error))
        }
    }
}
