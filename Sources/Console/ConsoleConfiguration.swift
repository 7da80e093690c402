// SPDX-License-Identifier: MIT

/// An address to listen on.
package struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
    /// A host name or IP address.
    package var host: String
    /// The port; 0 takes any free one.
    package var port: Int

    /// Makes an address.
    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `127.0.0.1:9464`, `localhost:0` or `[::1]:9464`; `nil` for anything else.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.init(host: String(host), port: port)
    }

    /// As it is written.
    package var description: String {
        self.host.contains(":") ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)"
    }
}

/// How the console is served.
package struct ConsoleConfiguration: Sendable {
    /// Where the world's requests come in, through a proxy that ends TLS.
    package var address = ListenAddress(host: "127.0.0.1", port: 8400)
    /// Where health and metrics are asked for; not for the world.
    package var admin = ListenAddress(host: "127.0.0.1", port: 9464)
    /// The path of the public address, which a proxy may keep; without a slash at its end.
    package var root = ""
    /// How long answers that are on their way may take after a stop was asked for.
    package var grace = Duration.seconds(30)
    /// The program's version, for the metrics.
    package var version = "0"

    /// Makes the default configuration.
    package init() {}
}

/// The ports that are listened on.
package struct ConsolePorts: Sendable, Hashable {
    /// The world's.
    package var address: Int
    /// That of health and metrics.
    package var admin: Int
}
