// SPDX-License-Identifier: MIT

import Glibc

/// The rule for encryption when nobody asked for a mode: verify the server fully, except on this machine.
enum TLSDefault {
    /// Where systems keep their bundle of certificate authorities; libpq 15 has no `sslrootcert=system`.
    private static let systemBundles = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
    ]

    /// Adds `sslmode` and `sslrootcert` where they are missing.
    static func apply(to given: [String: String]) -> [String: String] {
        var keywords = given
        if keywords["sslmode"] == nil { keywords["sslmode"] = self.isLocal(given) ? "allow" : "verify-full" }
        let verifies = keywords["sslmode"] == "verify-full" || keywords["sslmode"] == "verify-ca"
        if verifies, keywords["sslrootcert"] == nil, !self.hasPersonalRoot() {
            keywords["sslrootcert"] = self.systemBundles.first { unsafe access($0, R_OK) == 0 }
        }
        return keywords
    }

    /// Whether every host is a Unix socket or loopback.
    static func isLocal(_ keywords: [String: String]) -> Bool {
        if let addresses = keywords["hostaddr"] { return self.all(addresses, self.isLoopback) }
        guard let hosts = keywords["host"] else { return true }
        return self.all(hosts) { $0.isEmpty || $0.hasPrefix("/") || $0.hasPrefix("@") || self.isLoopback($0) }
    }

    private static func all(_ list: String, _ condition: (String) -> Bool) -> Bool {
        list.split(separator: ",", omittingEmptySubsequences: false).allSatisfy { condition(String($0)) }
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    private static func hasPersonalRoot() -> Bool {
        guard let home = unsafe getenv("HOME") else { return false }
        return unsafe access(String(cString: home) + "/.postgresql/root.crt", R_OK) == 0
    }
}
