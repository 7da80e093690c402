// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import PluginKit
import Synchronization

@testable import PluginHost

/// Notes exchanges for tests.
final class NotedExchanges: ExchangeRecorder {
    private let state = Mutex<[ExchangeRecord]>([])
    var all: [ExchangeRecord] { self.state.withLock { $0 } }
    func record(_ exchange: ExchangeRecord) { self.state.withLock { $0.append(exchange) } }
}

enum Fixture {
    static let manifest = PluginManifest(
        id: "test", name: "Test", apiVersion: "1", hosts: ["api.example.test"], capabilities: [.publish], formats: [],
        limitsReadOn: "2026-11-21")

    static func call(
        _ method: HTTPRequest.Method = .get, _ path: String = "/v1/things?secret=s3cr3t", body: HTTPCall.Body = .empty,
        deadline: Duration = .seconds(20), cap: Int = 1 << 20, permit: SendPermit? = nil
    ) -> HTTPCall {
        var request = HTTPRequest(method, host: "api.example.test", path: path)
        request.headerFields[.authorization] = "Bearer t0ken"
        return HTTPCall(
            request, body: body, endpoint: "things", deadline: deadline, maximumResponseBytes: cap, permit: permit)
    }

    /// Runs a body with a transport whose origin is the given port.
    static func withTransport<Value>(
        port: Int, recorder: NotedExchanges = NotedExchanges(), idleTimeout: Duration = .seconds(10),
        connectionsPerHost: Int = 8,
        _ body: (HTTPClientTransport) async throws -> Value
    ) async throws -> Value {
        let client = PlatformHTTPClient(
            PlatformHTTPConfiguration(
                origin: PlatformOrigin("http://127.0.0.1:\(port)"), idleTimeout: idleTimeout,
                connectionsPerHost: connectionsPerHost,
                recorder: recorder))
        do {
            let value = try await body(client.transport(for: Self.manifest))
            try await client.shutdown()
            return value
        } catch {
            try await client.shutdown()
            throw error
        }
    }

    /// What a call fails with.
    static func failure(_ transport: HTTPClientTransport, _ call: HTTPCall) async -> TransportError? {
        do {
            _ = try await transport.send(call)
            return nil
        } catch {
            return error
        }
    }
}
