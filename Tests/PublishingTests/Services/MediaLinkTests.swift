// SPDX-License-Identifier: MIT

import Foundation
import PluginKit
import Testing

@testable import Publishing

@Suite("Addresses of files")
struct MediaLinkTests {
    private static let now = Date(timeIntervalSince1970: 1_795_255_200)
    private static let opened = MediaLinks.Opened.file(hash: "ab12", type: "image/jpeg")
    private static let item = MediaItem(hash: "ab12", type: "image/jpeg", byteCount: 9)

    private func parts(_ url: String) throws -> (path: String, query: [String: String]) {
        let parts = try #require(URLComponents(string: url))
        let query = (parts.queryItems ?? []).reduce(into: [:]) { $0[$1.name] = $1.value ?? "" }
        return (parts.path, query)
    }

    @Test("an address opens until it ends, and not after")
    func life() throws {
        let links = MediaLinks(
            base: try #require(URL(string: "https://posthorn.example/p/")),
            keys: try SecretKeys(SecretKeys.generate()))
        let clock = WorldClock { Self.now }
        let url = try #require(links.publicMedia(clock).url(of: Self.item, for: .seconds(600)))
        #expect(url.hasPrefix("https://posthorn.example/p/media/ab12.jpg?expires=1795255800&key=1&signature="))
        let (path, query) = try self.parts(url)
        #expect(links.open(path: path, query: query, at: Self.now.addingTimeInterval(599)) == Self.opened)
        #expect(links.open(path: path, query: query, at: Self.now.addingTimeInterval(600)) == .ended)
        // A proxy may take the public address's own path off.
        #expect(links.open(path: "/media/ab12.jpg", query: query, at: Self.now) == Self.opened)
        for path in ["/", "/media", "/media/", "/p/media/x/ab12.jpg", "/q/media/ab12.jpg", "/p/ab12.jpg"] {
            #expect(links.open(path: path, query: query, at: Self.now) == .elsewhere)
        }
    }

    @Test("an address that was changed opens nothing")
    func changed() throws {
        let keys = try SecretKeys(SecretKeys.generate())
        let base = try #require(URL(string: "https://posthorn.example"))
        let links = MediaLinks(base: base, keys: keys)
        let (path, query) = try self.parts(links.url(of: Self.item, until: Self.now.addingTimeInterval(600)))
        #expect(links.open(path: path, query: query, at: Self.now) == Self.opened)
        #expect(links.open(path: "/media/cd34.jpg", query: query, at: Self.now) == .foreign)
        for (name, value) in [("expires", "1999999999"), ("key", "2"), ("signature", "AAAA"), ("signature", "?")] {
            #expect(links.open(path: path, query: query.merging([name: value]) { $1 }, at: Self.now) == .foreign)
        }
        for name in query.keys {
            #expect(links.open(path: path, query: query.filter { $0.key != name }, at: Self.now) == .foreign)
        }
        let others = MediaLinks(base: base, keys: try SecretKeys(SecretKeys.generate()))
        #expect(others.open(path: path, query: query, at: Self.now) == .foreign)
    }

    @Test("an address that an older key signed stays good while the key is kept")
    func rotation() throws {
        let old = SecretKeys.generate()
        let base = try #require(URL(string: "https://posthorn.example"))
        let signed = MediaLinks(base: base, keys: try SecretKeys("a:\(old)"))
        let (path, query) = try self.parts(signed.url(of: Self.item, until: Self.now.addingTimeInterval(600)))
        let rotated = MediaLinks(base: base, keys: try SecretKeys("b:\(SecretKeys.generate()),a:\(old)"))
        #expect(rotated.open(path: path, query: query, at: Self.now) == Self.opened)
    }
}
