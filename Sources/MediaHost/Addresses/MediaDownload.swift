// SPDX-License-Identifier: MIT

import AsyncHTTPClient
import Domain
package import Foundation
import NIOCore
import NIOHTTP1
import PluginKit
import Publishing

/// Fetches files from addresses that people gave: from the public network alone, with an end to everything.
///
/// Every hop is checked anew, and the connection goes to the very address that was checked, whatever the name leads to a moment later.
package struct MediaDownload: MediaFetching {
    /// What is allowed.
    package struct Limits: Sendable {
        /// The most bytes of a file.
        package var byteCount: Int64 = 4_294_967_296
        /// The most redirects.
        package var redirects = 5
        /// How long a connection may take to come about.
        package var connect: Duration = .seconds(10)
        /// How long nothing may come.
        package var silence: Duration = .seconds(30)
        /// How long the whole file may take.
        package var whole: Duration = .seconds(3600)
        /// Whether this machine itself may be asked; for simulators and tests.
        package var allowsLoopback = false

        /// Makes limits for files of up to 4 GiB from the public network.
        package init() {}
    }

    private let folder: URL
    private let limits: Limits
    private let resolver: any NameResolving

    /// Fetches into a folder.
    ///
    /// - Parameters:
    ///   - folder: Where files lie while they are fetched; on the store's own disk.
    ///   - limits: What is allowed.
    ///   - resolver: Who knows the hosts.
    package init(folder: URL, limits: Limits = Limits(), resolver: any NameResolving = SystemResolver()) {
        self.folder = folder
        self.limits = limits
        self.resolver = resolver
    }

    /// Fetches a file for the time of the body.
    package func withFile<Value: Sendable>(
        at address: String, _ body: (_ file: URL) async throws -> Value
    ) async throws -> Value {
        let file = self.folder.appendingPathComponent("incoming-\(UUID().uuidString)")
        do {
            try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
            try Data().write(to: file)
        } catch {
            throw MediaError(
                "cannot write to the media store \(self.folder.path): \(error.localizedDescription)",
                kind: .configuration)
        }
        defer { try? FileManager.default.removeItem(at: file) }  // The store may have moved it.
        try await self.fetch(address, into: file)
        return try await body(file)
    }

    private func fetch(_ address: String, into file: URL) async throws {
        let end = ContinuousClock.now + self.limits.whole
        var next = address
        for _ in 0...self.limits.redirects {
            let safe = try await SafeAddress(
                next, resolver: self.resolver, allowsLoopback: self.limits.allowsLoopback)
            guard let onward = try await self.hop(safe, into: file, until: end) else { return }
            guard !(safe.url.scheme?.lowercased() == "https" && onward.lowercased().hasPrefix("http:")) else {
                throw MediaError("\(SafeAddress.shown(next)) leads from https to http; give the final address")
            }
            next = onward
        }
        throw MediaError(
            "\(SafeAddress.shown(address)) leads on more than \(self.limits.redirects) times; give the final address")
    }

    /// Asks one address.
    ///
    /// - Returns: The address that it leads on to; `nil` when the file is here.
    private func hop(_ safe: SafeAddress, into file: URL, until end: ContinuousClock.Instant) async throws -> String? {
        var settings = HTTPClient.Configuration()
        settings.redirectConfiguration = .disallow
        settings.httpVersion = .http1Only
        settings.timeout.connect = TimeAmount(self.limits.connect)
        settings.timeout.read = TimeAmount(self.limits.silence)
        settings.connectionPool.retryConnectionEstablishment = false
        settings.dnsOverride = [safe.host: safe.address.description]
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
        let result: Result<String?, any Error>
        do {
            // The client's own deadline ends with the head of the answer: a body that never ends would hold us for ever.
            let left = ContinuousClock.now.duration(to: end)
            result = .success(
                try await withDeadline(left) { try await self.ask(safe, client, into: file, within: left) })
        } catch let error as MediaError {
            result = .failure(error)
        } catch let error as CancellationError {
            result = .failure(error)
        } catch {
            if Task.isCancelled {
                result = .failure(CancellationError())
            } else {
                result = .failure(
                    MediaError(
                        "\(SafeAddress.shown(safe.url.absoluteString)) cannot be fetched: \(Self.reason(error))",
                        kind: .unreachable))
            }
        }
        try await client.shutdown()
        return try result.get()
    }

    private func ask(
        _ safe: SafeAddress, _ client: HTTPClient, into file: URL, within left: Duration
    ) async throws -> String? {
        var request = HTTPClientRequest(url: safe.url.absoluteString)
        request.headers.add(name: "User-Agent", value: "Posthorn")
        request.headers.add(name: "Accept", value: "image/*, video/*")
        let response = try await client.execute(request, timeout: TimeAmount(left))
        let shown = SafeAddress.shown(safe.url.absoluteString)
        if [301, 302, 303, 307, 308].contains(response.status.code) {
            guard let location = response.headers.first(name: "Location"),
                let onward = URL(string: location, relativeTo: safe.url)
            else { throw MediaError("\(shown) leads on to nowhere") }
            return onward.absoluteString
        }
        guard response.status == .ok else {
            throw MediaError(
                "\(shown) answers \(response.status.code)",
                kind: response.status.code >= 500 ? .unreachable : .badData)
        }
        if let length = response.headers.first(name: "Content-Length").flatMap({ Int64($0) }) {
            try self.check(length, shown)
        }
        let handle = try FileHandle(forWritingTo: file)
        defer { try? handle.close() }  // A write that failed has thrown before.
        var count: Int64 = 0
        var head = Data()
        for try await piece in response.body {
            count += Int64(piece.readableBytes)
            try self.check(count, shown)
            if head.count < 64 {
                head.append(contentsOf: piece.readableBytesView.prefix(64 - head.count))
                if head.count == 64 { try Self.checkType(head, shown) }
            }
            try handle.write(contentsOf: Data(piece.readableBytesView))
        }
        // A cancelled body ends like a complete one.
        try Task.checkCancellation()
        if head.count < 64 { try Self.checkType(head, shown) }
        return nil
    }

    private func check(_ byteCount: Int64, _ shown: String) throws {
        guard byteCount <= self.limits.byteCount else {
            throw MediaError("\(shown) is larger than \(self.limits.byteCount) bytes, the most that is fetched")
        }
    }

    private static func checkType(_ head: Data, _ shown: String) throws {
        guard MediaType.sniff(head) == nil else { return }
        throw MediaError("\(shown) is no picture or film of a kind that is taken; is it a page about the file?")
    }

    private static let tooLong = "it takes longer than a file may take"

    private static func reason(_ error: any Error) -> String {
        if error is DeadlineExceeded { return Self.tooLong }
        guard let error = error as? HTTPClientError else { return "\(error)" }
        switch error {
        case .deadlineExceeded: return Self.tooLong
        case .connectTimeout, .readTimeout: return "it does not answer in time"
        default: return error.shortDescription
        }
    }
}
