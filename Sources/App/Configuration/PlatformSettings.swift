// SPDX-License-Identifier: MIT

package import Foundation
package import JobQueue

/// Where platforms are, and the agency's app of each.
///
/// | key | type | default |
/// |---|---|---|
/// | `platform.origin` | URL | none: the real hosts over HTTPS |
/// | `platform.<name>.client.id` | text | none |
/// | `platform.<name>.client.secret` | text, secret | none |
/// | `platform.<name>.api.version` | text | the manifest's |
/// | `public.url` | URL | none: what needs a public address says so |
package struct PlatformSettings: Sendable {
    /// Platform calls go to this address instead of the real hosts.
    package var origin: URL?
    private let settings: Settings
    /// That of the `up` whose database we use.
    private let runningPublicURL: String?

    /// Which kind of world the process lives in.
    package var world: WorldKind { self.origin == nil ? .real : .simulated }

    /// Reads the settings.
    ///
    /// - Parameters:
    ///   - settings: flags, environment and file.
    ///   - running: what `posthorn up` runs in this folder, when the database is its own.
    /// - Throws: ``CommandError`` with exit code 78.
    package init(_ settings: Settings, running: RunningState?) throws {
        self.settings = settings
        self.runningPublicURL = running?.publicURL
        guard let text = settings.text("platform.origin") ?? running?.platformOrigin else { return }
        guard let url = URL(string: text), let scheme = url.scheme, ["http", "https"].contains(scheme), url.host != nil,
            url.query == nil
        else {
            throw settings.invalid(
                "platform.origin", "must be an address such as http://127.0.0.1:8300, not “\(text)”",
                remedy: "leave it out to use the real platforms")
        }
        self.origin = url
    }

    /// The agency's app on a platform, from `POSTHORN_PLATFORM_X_CLIENT_ID` and `…_CLIENT_SECRET`, with `…_LOGIN` where it has several.
    ///
    /// - Throws: ``CommandError`` with exit code 78 when the secret's file cannot be read.
    package func app(_ platform: String) throws -> (id: String, secret: String?, login: String?)? {
        let name = platform.split(separator: "-").joined(separator: ".")
        guard let id = self.settings.text("platform.\(name).client.id") else { return nil }
        let secret = try self.settings.secret("platform.\(name).client.secret")
        return (id, secret, self.settings.text("platform.\(name).login"))
    }

    /// The version of a platform's API to speak, from `POSTHORN_PLATFORM_FACEBOOK_API_VERSION`; `nil` for the manifest's.
    package func apiVersion(_ platform: String) -> String? {
        self.settings.text("platform.\(platform.split(separator: "-").joined(separator: ".")).api.version")
    }

    /// The address that the world reaches this installation at, from which platforms fetch files.
    ///
    /// - Throws: ``CommandError`` with exit code 78 for what is no address; real platforms fetch over https alone.
    package func publicURL() throws -> URL? {
        guard let text = self.settings.text("public.url") ?? self.runningPublicURL else { return nil }
        let schemes = self.world == .real ? ["https"] : ["http", "https"]
        guard let url = URL(string: text), let scheme = url.scheme?.lowercased(), schemes.contains(scheme),
            url.host?.isEmpty == false, url.query == nil, url.fragment == nil, url.user == nil
        else {
            throw self.settings.invalid(
                "public.url", "must be an address such as https://posthorn.example, not “\(text)”",
                remedy: "leave it out when the world cannot reach this installation")
        }
        return url
    }
}
