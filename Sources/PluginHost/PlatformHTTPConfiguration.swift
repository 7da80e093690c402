// SPDX-License-Identifier: MIT

/// How the process talks to platforms.
package struct PlatformHTTPConfiguration: Sendable {
    /// The server that stands in for all platforms; `nil` talks to the real ones, over HTTPS only.
    package var origin: PlatformOrigin?
    /// How long making a connection may take, TLS included.
    package var connectTimeout: Duration
    /// How long an unused connection is kept.
    ///
    /// Short: a request on a connection that the other side has just closed ends unknown.
    package var idleTimeout: Duration
    /// How many connections one host gets.
    package var connectionsPerHost: Int
    /// The value of the `User-Agent` header field.
    package var userAgent: String
    /// Who takes note of exchanges.
    package var recorder: (any ExchangeRecorder)?

    /// Makes a configuration with sensible values.
    package init(
        origin: PlatformOrigin? = nil, connectTimeout: Duration = .seconds(10), idleTimeout: Duration = .seconds(10),
        connectionsPerHost: Int = 64, userAgent: String = "Posthorn/1", recorder: (any ExchangeRecorder)? = nil
    ) {
        self.origin = origin
        self.connectTimeout = connectTimeout
        self.idleTimeout = idleTimeout
        self.connectionsPerHost = connectionsPerHost
        self.userAgent = userAgent
        self.recorder = recorder
    }
}
