// SPDX-License-Identifier: MIT

import PluginKit

@testable import MediaHost

/// A resolver that knows what a test tells it.
struct FakeResolver: NameResolving {
    var hosts: [String: [String]]

    func addresses(of host: String) async throws -> [NetworkAddress] {
        (self.hosts[host] ?? []).compactMap { NetworkAddress($0) }
    }
}
