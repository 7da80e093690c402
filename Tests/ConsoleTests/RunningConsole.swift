// SPDX-License-Identifier: MIT

import AsyncHTTPClient
import Foundation
import HTTPTypes
import Logging
import NIOCore
import NIOHTTP1
import PluginKit
import Publishing
import Testing

@testable import Console

/// A console on free ports over a media store of its own, and a client for it.
struct RunningConsole: Sendable {
    struct Answer: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var body: [UInt8]
        var text: String { String(decoding: self.body, as: UTF8.self) }
        func header(_ name: String) -> String? { self.headers.first(name: name) }
    }

    static let now = Date(timeIntervalSince1970: 1_795_255_200)

    let server: ConsoleServer
    let ports: ConsolePorts
    let links: MediaLinks
    let store: MediaStore
    let folder: URL
    let client: HTTPClient

    /// Runs a console for the time of a body; it ends when the body drained it, or with the body.
    static func with(
        admin: ListenAddress = ListenAddress(host: "127.0.0.1", port: 0), readiness: @escaping Readiness = { nil },
        _ body: @escaping @Sendable (RunningConsole) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("posthorn-console-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // What is left in the temporary folder harms nobody.
        defer { try? FileManager.default.removeItem(at: folder) }
        let base = try #require(URL(string: "https://posthorn.example"))
        let links = MediaLinks(base: base, keys: try SecretKeys(SecretKeys.generate()))
        let store = MediaStore(folder: folder.appendingPathComponent("media"))
        var configuration = ConsoleConfiguration()
        configuration.address.port = 0
        configuration.admin = admin
        configuration.version = "1.2.3"
        // However slow the machine is: what a test downloads is never cut off.
        configuration.grace = .seconds(600)
        let (ports, continuation) = AsyncStream.makeStream(of: ConsolePorts.self)
        let server = ConsoleServer(
            configuration: configuration, shelf: MediaShelf(links: links, store: store, clock: WorldClock { Self.now }),
            readiness: readiness, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            onListening: { continuation.yield($0) })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { continuation.finish() }
                try await server.run()
            }
            for await ports in ports {
                let client = HTTPClient(eventLoopGroupProvider: .singleton)
                do {
                    try await body(
                        RunningConsole(
                            server: server, ports: ports, links: links, store: store, folder: folder, client: client))
                } catch {
                    try await client.shutdown()
                    throw error
                }
                try await client.shutdown()
                await server.drain()
                break
            }
            try await group.waitForAll()
        }
    }

    /// Stores a JPEG of a size.
    func picture(_ size: Int) async throws -> (item: MediaItem, bytes: [UInt8]) {
        var content = Data([0xFF, 0xD8, 0xFF, 0xE0])
        let block = Data((0..<65_521).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })
        while content.count < size { content.append(block.prefix(size - content.count)) }
        let file = self.folder.appendingPathComponent("picture-\(size).jpg")
        try content.write(to: file)
        let stored = try await self.store.store(file: file)
        return (MediaItem(hash: stored.hash, type: stored.type, byteCount: stored.byteCount), [UInt8](content))
    }

    /// The path and query of an address of a file.
    func target(_ item: MediaItem, life: TimeInterval = 60) -> String {
        let url = self.links.url(of: item, until: Self.now.addingTimeInterval(life))
        return url.firstRange(of: "/media/").map { String(url[$0.lowerBound...]) } ?? url
    }

    func request(
        _ method: HTTPMethod = .GET, _ target: String, _ headers: [(String, String)] = [], isAdmin: Bool = false
    ) -> HTTPClientRequest {
        var request = HTTPClientRequest(
            url: "http://127.0.0.1:\(isAdmin ? self.ports.admin : self.ports.address)\(target)")
        request.method = method
        request.headers = HTTPHeaders(headers)
        return request
    }

    func ask(
        _ method: HTTPMethod = .GET, _ target: String, _ headers: [(String, String)] = [], isAdmin: Bool = false
    ) async throws -> Answer {
        let response = try await self.client.execute(
            self.request(method, target, headers, isAdmin: isAdmin), timeout: .seconds(60))
        let body = try await response.body.collect(upTo: 64 << 20)
        return Answer(status: Int(response.status.code), headers: response.headers, body: Array(body.readableBytesView))
    }
}
