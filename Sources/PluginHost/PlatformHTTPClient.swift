// SPDX-License-Identifier: MIT

import AsyncHTTPClient
import NIOCore
package import PluginKit

/// The connections of this process to all platforms.
///
/// One for a process; ``shutdown()`` once, after the last call.
package final class PlatformHTTPClient: Sendable {
    let client: HTTPClient
    let gates: SendGates
    let configuration: PlatformHTTPConfiguration

    /// Makes the client; connections are made when they are needed.
    package init(_ configuration: PlatformHTTPConfiguration = PlatformHTTPConfiguration()) {
        let gates = SendGates()
        var settings = HTTPClient.Configuration()
        settings.redirectConfiguration = .disallow
        settings.decompression = .disabled
        settings.httpVersion = .http1Only
        settings.timeout.connect = TimeAmount(configuration.connectTimeout)
        settings.connectionPool = .init(
            idleTimeout: TimeAmount(configuration.idleTimeout),
            concurrentHTTP1ConnectionsPerHostSoftLimit: configuration.connectionsPerHost)
        // A refused connection is an answer for the core, which knows when to try again.
        settings.connectionPool.retryConnectionEstablishment = false
        settings.http1_1ConnectionDebugInitializer = { SendGateHandler.install(in: $0, gates: gates) }
        self.client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
        self.gates = gates
        self.configuration = configuration
    }

    /// The way to the hosts of one plugin, and to no others.
    package func transport(for manifest: PluginManifest) -> HTTPClientTransport {
        HTTPClientTransport(host: self, allowed: Set(manifest.hosts.map { $0.lowercased() }))
    }

    /// Closes all connections.
    package func shutdown() async throws { try await self.client.shutdown() }
}
