// SPDX-License-Identifier: MIT

import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Testing

/// A person's browser, which shows where it is sent instead of going there.
struct Browser: Sendable {
    struct Page: Sendable {
        var status: Int
        var location: String?
        var text: String

        /// The value of a hidden field of a form.
        func field(_ name: String) -> String? {
            self.text.firstRange(of: "name=\(name) value=\"").map { range in
                String(self.text[range.upperBound...].prefix { $0 != "\"" })
            }
        }
    }

    private let client: HTTPClient

    /// Opens a browser for the time of a body.
    static func with(_ body: (Browser) async throws -> Void) async throws {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            try await body(Browser(client: client))
        } catch {
            try await client.shutdown()
            throw error
        }
        try await client.shutdown()
    }

    /// Opens an address, or sends a form to it.
    func open(_ url: String, form: [String: String]? = nil) async throws -> Page {
        var request = HTTPClientRequest(url: url)
        if let form {
            request.method = .POST
            request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
            var parts = URLComponents()
            parts.queryItems = form.map { URLQueryItem(name: $0, value: $1) }
            request.body = .bytes(ByteBuffer(string: parts.percentEncodedQuery ?? ""))
        }
        let answer = try await self.client.execute(request, timeout: .seconds(60))
        let body = try await answer.body.collect(upTo: 1 << 20)
        return Page(
            status: Int(answer.status.code), location: answer.headers.first(name: "Location"),
            text: String(buffer: body))
    }

    /// Sends bytes that are no form that a browser would make; gives the status.
    func send(_ url: String, body: String) async throws -> Int {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
        request.body = .bytes(ByteBuffer(string: body))
        let answer = try await self.client.execute(request, timeout: .seconds(60))
        _ = try await answer.body.collect(upTo: 1 << 20)
        return Int(answer.status.code)
    }

    /// Starts at a connect link and answers the platform's page.
    ///
    /// - Parameters:
    ///   - link: the link.
    ///   - answer: what is added to the platform's page: `approve=7`, `decline=1`.
    ///   - changed: what the person changed on the way, by text.
    /// - Returns: the call-back that the platform asks for.
    /// - Throws: when the platform's page does not lead back.
    func answer(_ link: String, _ answer: String, changed: [String: String] = [:]) async throws -> String {
        let leaving = try await self.open(link, form: [:])
        #expect(leaving.status == 303, "\(leaving.text)")
        var page = try #require(leaving.location)
        for (old, new) in changed { page = page.replacing(old, with: new) }
        let back = try await self.open("\(page)&\(answer)")
        return try #require(back.location, "\(back.status): \(back.text)")
    }
}
