// SPDX-License-Identifier: MIT

/// An address that a request names and the platform would fetch.
struct RemoteAddress: Sendable, Hashable {
    /// The address as it was given.
    var given: String
    /// Where it is served in this pretended world.
    var actual: String
    /// Bytes beyond which nothing is read.
    var limit: Int
}

/// What fetching an address gave.
enum RemoteFile: Sendable {
    /// A file; only its beginning is kept when it is long.
    case file(contentType: String, head: [UInt8], body: StreamedBody)
    /// The answer was a redirect, which the platforms do not follow.
    case redirected
    /// The answer had another status than 200.
    case refused(status: Int)
    /// More bytes than any platform takes.
    case tooLarge
    /// Nothing answered in time.
    case unreachable(String)
}

extension World {
    /// The addresses that a request wants fetched and that were not yet.
    func addressesToFetch(_ request: SimulatedRequest, _ caller: Caller, at now: WorldTime) -> [RemoteAddress] {
        let wanted: [(url: String, limit: Int)] =
            switch caller.platform {
            case .mock, .x: []
            case .facebook, .instagram: self.graphAddresses(request, caller, at: now)
            case .tiktok: self.tikTokAddresses(request, caller)
            }
        var addresses: [RemoteAddress] = []
        for (url, limit) in wanted where request.fetched[url] == nil {
            guard let actual = self.served(url), !addresses.contains(where: { $0.given == url }) else { continue }
            addresses.append(RemoteAddress(given: url, actual: actual, limit: limit))
        }
        return addresses
    }

    /// Where an address of the pretended world is served; `nil` when it is no address.
    private func served(_ url: String) -> String? {
        guard let parts = WebAddress(url) else { return nil }
        guard let origin = self.hosts[parts.authority] ?? self.hosts[parts.host] else { return url }
        return origin + parts.target
    }
}

/// The parts of an `http` or `https` address.
struct WebAddress: Sendable, Equatable {
    var scheme: String
    /// Host and port, in lower case.
    var authority: String
    /// Path and query.
    var target: String

    /// Splits an address; `nil` when it is not an absolute one of `http` or `https`.
    init?(_ text: String) {
        let pieces = text.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        guard pieces.count == 2, let scheme = pieces.first?.lowercased(), scheme == "http" || scheme == "https" else {
            return nil
        }
        let rest = pieces[1].prefix { $0 != "#" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.isEmpty, !text.contains(where: \.isWhitespace), !authority.contains("@") else { return nil }
        let target = rest.dropFirst(authority.count)
        self.scheme = scheme
        self.authority = authority.lowercased()
        self.target = target.hasPrefix("/") ? String(target) : "/" + target
    }

    /// The host without its port.
    var host: String {
        if self.authority.hasPrefix("[") { return String(self.authority.prefix { $0 != "]" }.dropFirst()) }
        return String(self.authority.prefix { $0 != ":" })
    }

    /// Whether it is the machine itself: out of reach for a real platform, but where tests serve their files.
    var isLoopback: Bool { self.host == "localhost" || self.host == "::1" || self.host.hasPrefix("127.") }
}
