// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

@testable import MediaHost

/// A web server on loopback for the time of a test.
struct FakeWebsite: Sendable {
    let port: Int

    static func with(
        _ answer: @escaping @Sendable (Request) async throws -> Response,
        _ body: @escaping @Sendable (FakeWebsite) async throws -> Void
    ) async throws {
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            responder: CallbackResponder<BasicRequestContext> { request, _ in try await answer(request) },
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in
                continuation.yield(channel.localAddress?.port ?? 0)
                continuation.finish()
            }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await application.run() }
            for await port in ports { try await body(FakeWebsite(port: port)) }
            group.cancelAll()
            // It was told to stop.
            while let result = await group.nextResult() { _ = result }
        }
    }
}

/// A resolver that knows what a test tells it.
struct FakeResolver: NameResolving {
    var hosts: [String: [String]]

    func addresses(of host: String) async throws -> [NetworkAddress] {
        (self.hosts[host] ?? []).compactMap { NetworkAddress($0) }
    }
}
