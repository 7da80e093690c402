// SPDX-License-Identifier: MIT

import Foundation
import PluginKit
import Publishing

/// An address that a person gave, checked: how it is written, and where it leads.
struct SafeAddress: Sendable {
    /// The address.
    let url: URL
    /// The host as the client names it, and the one network address that it may be reached at.
    let host: String
    let address: NetworkAddress

    /// Checks an address.
    ///
    /// - Throws: `MediaError` with the reason.
    init(_ text: String, resolver: any NameResolving, allowsLoopback: Bool) async throws {
        guard let url = URL(string: text), let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme),
            let written = url.host, !written.isEmpty
        else { throw MediaError("\(Self.shown(text)) is no address that begins with http:// or https://") }
        guard url.user == nil, url.password == nil else {
            throw MediaError("\(Self.shown(text)) has a user name in it; give an address that needs none")
        }
        let host = written.hasPrefix("[") ? String(written.dropFirst().dropLast()) : written
        let addresses =
            if let literal = NetworkAddress(host) { [literal] } else { try await resolver.addresses(of: host) }
        guard let first = addresses.first else {
            throw MediaError("there is no host \(host): is the address right?", kind: .unreachable)
        }
        // One that is not public is one too many: who answers for the name would choose.
        for address in addresses where !address.isPublic && !(allowsLoopback && address.isLoopback) {
            throw MediaError(
                "\(Self.shown(text)) leads to \(address), which is no address of the public network; download the file and give its path"
            )
        }
        self.url = url
        self.host = host
        self.address = first
    }

    /// The address without its query, which may hold a secret.
    static func shown(_ text: String) -> String {
        let bare = text.prefix { $0 != "?" && $0 != "#" }
        guard let at = bare.lastIndex(of: "@"), let slashes = bare.range(of: "://") else {
            return String(bare.prefix(200))
        }
        return String((bare[..<slashes.upperBound] + bare[bare.index(after: at)...]).prefix(200))
    }
}
