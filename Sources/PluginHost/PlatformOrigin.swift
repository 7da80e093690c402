// SPDX-License-Identifier: MIT

package import Foundation

/// The server that stands in for all platforms, when one is configured: `https://HOST/PATH` is served at `ORIGIN/HOST/PATH`.
package struct PlatformOrigin: Sendable, Hashable, CustomStringConvertible {
    /// The origin without a slash at its end, say `http://127.0.0.1:8300`.
    package let description: String

    /// Parses an origin.
    ///
    /// - Returns: `nil` unless it is an `http` or `https` URL with a host and without query, fragment or user.
    package init?(_ text: String) {
        let trimmed = text.hasSuffix("/") ? String(text.dropLast()) : text
        guard let parts = URLComponents(string: trimmed), let scheme = parts.scheme?.lowercased(),
            ["http", "https"].contains(scheme),
            let host = parts.host, !host.isEmpty, parts.query == nil, parts.fragment == nil, parts.user == nil
        else { return nil }
        self.description = trimmed
    }

    /// Where a platform's URL is served; one that is under the origin already stays as it is.
    package func serve(_ url: String) -> String {
        if self.holds(url) { return url }
        guard let range = url.range(of: "://") else { return url }
        return "\(self.description)/\(url[range.upperBound...])"
    }

    /// Where a platform's URL is served; for pages that a person opens.
    package func serve(_ url: URL) -> URL { URL(string: self.serve(url.absoluteString)) ?? url }

    /// Whether a URL is under the origin.
    func holds(_ url: String) -> Bool { url == self.description || url.hasPrefix("\(self.description)/") }
}
