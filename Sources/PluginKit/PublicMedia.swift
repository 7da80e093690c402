// SPDX-License-Identifier: MIT

/// Public addresses of files, for platforms that fetch what they publish themselves.
///
/// An address needs no login, answers without a redirect and ends by itself. An installation that the world cannot reach has none: the
/// plugin then refuses what needs one in `validate`, with a field and a remedy, and again before it sends.
public struct PublicMedia: Sendable {
    private let address: @Sendable (MediaItem, Duration) -> String?

    /// Makes addresses from a function.
    ///
    /// - Parameter address: Gives the address of a file for a time, or `nil` for a file that it does not have.
    public init(_ address: @escaping @Sendable (_ item: MediaItem, _ life: Duration) -> String?) {
        self.address = address
    }

    /// The address at which anybody can fetch a file.
    ///
    /// - Parameters:
    ///   - item: The file.
    ///   - life: How long the address must work; long enough for the platform to come again.
    /// - Returns: An `https` URL, or `nil` for a file that cannot be handed out.
    public func url(of item: MediaItem, for life: Duration = .seconds(86_400)) -> String? { self.address(item, life) }
}
