// SPDX-License-Identifier: MIT

import Foundation

/// The address of something that a platform is to fetch from the public network.
public enum PublicAddress {
    /// What is wrong with an address, by how it is written: nobody is asked where a name leads.
    ///
    /// - Parameter text: The address.
    /// - Returns: The reason in words that follow the address; `nil` when nothing can be seen.
    public static func problem(with text: String) -> String? {
        guard let url = URL(string: text), let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme),
            let written = url.host, !written.isEmpty
        else { return "is no address that begins with http:// or https://" }
        guard url.user == nil, url.password == nil else { return "has a user name in it" }
        let host = (written.hasPrefix("[") ? String(written.dropFirst().dropLast()) : written).lowercased()
        if let address = NetworkAddress(host) {
            return address.isPublic ? nil : "leads to \(address), which is no address of the public network"
        }
        let name = host.hasSuffix(".") ? String(host.dropLast()) : host
        let isNumber = name.split(separator: ".").last.map { $0.allSatisfy(\.isNumber) || $0.hasPrefix("0x") } ?? true
        guard name.contains("."), !isNumber, !Self.innerNames.contains(where: { name.hasSuffix(".\($0)") }) else {
            return "names a host that the public network does not know"
        }
        return nil
    }

    /// Names that lead nowhere in the public network (RFC 2606, 6761, 6762, 8375 and ICANN's own).
    private static let innerNames = ["localhost", "local", "internal", "home.arpa", "invalid", "lan", "intranet"]
}
