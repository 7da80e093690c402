// SPDX-License-Identifier: MIT

package import Console
package import Foundation

/// How `posthorn serve` serves.
///
/// | key | type | default |
/// |---|---|---|
/// | `public.url` | URL | none: only this machine, or a tunnel to it, is answered |
/// | `admin.address` | host:port | `127.0.0.1:9464` |
/// | `shutdown.grace` | duration | 30s |
package struct ServeSettings: Sendable {
    /// The address that the world reaches this installation at; `nil` when it cannot.
    package var publicURL: URL?
    /// Where health and metrics are asked for.
    package var admin: ListenAddress
    /// How long answers that are on their way may take after a stop was asked for.
    package var grace: Duration

    /// Reads the settings.
    ///
    /// - Parameters:
    ///   - settings: flags, environment and file.
    ///   - platforms: where platforms are, which decides what a public address may be.
    /// - Throws: ``CommandError`` with exit code 78.
    package init(_ settings: Settings, platforms: PlatformSettings) throws {
        self.publicURL = try platforms.publicURL()
        self.admin = ListenAddress(host: "127.0.0.1", port: 9464)
        if let text = settings.text("admin.address") {
            guard let address = ListenAddress(text) else {
                throw settings.invalid(
                    "admin.address", "must be an address such as 127.0.0.1:9464 or [::1]:9464, not “\(text)”")
            }
            self.admin = address
        }
        self.grace = try settings.duration("shutdown.grace", default: .seconds(30))
    }
}
