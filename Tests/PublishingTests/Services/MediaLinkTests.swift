// SPDX-License-Identifier: MIT

import Foundation
import PluginKit
import Testing

@testable import Publishing

@Suite("Addresses of files")
struct MediaLinkTests {
    private static let now = Date(timeIntervalSince1970: 1_795_255_200)
    private static let item = MediaItem(hash: "ab12", type: "image/jpeg", byteCount: 9)

    private func parts(_ url: String) throws -> (path: String, query: [String: String]) {
        let parts = try #require(URLComponents(string: url))
        let query = (parts.queryItems ?? []).reduce(into: [:]) { $0[$1.name] = $1.value ?? "" }
        return (parts.path.split(separator: "/").last.map(String.init) ?? "", query)
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
        #expect(links.hash(path: path, query: query, at: Self.now.addingTimeInterval(599)) == "ab12")
        #expect(links.hash(path: path, query: query, at: Self.now.addingTimeInterval(600)) == nil)
    }

    @Test("an address that was changed opens nothing")
    func changed() throws {
        let keys = try SecretKeys(SecretKeys.generate())
        let base = try #require(URL(string: "https://posthorn.example"))
        let links = MediaLinks(base: base, keys: keys)
        let (path, query) = try self.parts(links.url(of: Self.item, until: Self.now.addingTimeInterval(600)))
        #expect(links.hash(path: path, query: query, at: Self.now) == "ab12")
        #expect(links.hash(path: "cd34.jpg", query: query, at: Self.now) == nil)
        for (name, value) in [("expires", "1999999999"), ("key", "2"), ("signature", "AAAA"), ("signature", "?")] {
            #expect(links.hash(path: path, query: query.merging([name: value]) { $1 }, at: Self.now) == nil)
        }
        for name in query.keys {
            #expect(links.hash(path: path, query: query.filter { $0.key != name }, at: Self.now) == nil)
        }
        let others = MediaLinks(base: base, keys: try SecretKeys(SecretKeys.generate()))
        #expect(others.hash(path: path, query: query, at: Self.now) == nil)
    }

    @Test("an address that an older key signed stays good while the key is kept")
    func rotation() throws {
        let old = SecretKeys.generate()
        let base = try #require(URL(string: "https://posthorn.example"))
        let signed = MediaLinks(base: base, keys: try SecretKeys("a:\(old)"))
        let (path, query) = try self.parts(signed.url(of: Self.item, until: Self.now.addingTimeInterval(600)))
        let rotated = MediaLinks(base: base, keys: try SecretKeys("b:\(SecretKeys.generate()),a:\(old)"))
        #expect(rotated.hash(path: path, query: query, at: Self.now) == "ab12")
    }
}
