// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import PQClient
package import PluginKit

/// Where a sample comes from.
package enum SampleSource: String, Sendable, PQConvertible {
    /// Read from the platform.
    case platform
    /// Imported from a file.
    case `import`
}

/// One reading of a publication's or an account's metrics.
package struct SampleRow: Sendable, Hashable {
    /// The client.
    package var client: ClientID
    /// The account.
    package var account: AccountID
    /// Its identity.
    package var id: UUID
    /// The publication; `nil` for a reading of the account.
    package var publication: PublicationID?
    /// When it was read; the world's time.
    package var readAt: Date
    /// Where it comes from.
    package var source: SampleSource
    /// The version of the mapping.
    package var definition: Int
    /// The numbers that were given; what was not given is absent.
    package var values: [MetricName: Int64]
    /// How reactions divide into kinds, by the platform's names; `nil` where none were given.
    package var reactions: [String: Int64]?
    /// The end of the day that an account's numbers are of, followers aside; `nil` is the whole life.
    package var dayEnds: Date?
    /// The raw answer that they were read from.
    package var raw: JSONText?

    /// Makes a sample.
    package init(
        client: ClientID, account: AccountID, id: UUID = .version7(), publication: PublicationID?, readAt: Date,
        source: SampleSource = .platform, definition: Int, values: [MetricName: Int64],
        reactions: [String: Int64]? = nil, dayEnds: Date? = nil, raw: JSONText? = nil
    ) {
        self.client = client
        self.account = account
        self.id = id
        self.publication = publication
        self.readAt = readAt
        self.source = source
        self.definition = definition
        self.values = values
        self.reactions = reactions
        self.dayEnds = dayEnds
        self.raw = raw
    }

    init(row: Row) throws {
        var values: [MetricName: Int64] = [:]
        for name in MetricName.all {
            if let value: Int64 = try row.get(name.rawValue) { values[name] = value }
        }
        self.init(
            client: try row.get("client_id"), account: try row.get("account_id"), id: try row.get("sample_id"),
            publication: try row.get("publication_id"), readAt: try row.get("read_at"), source: try row.get("source"),
            definition: try row.get("definition"), values: values, reactions: try Self.kinds(row.get("reactions")),
            dayEnds: try row.get("day_ends"))
    }

    /// Kinds of reactions as they are stored: a JSON object.
    package static func stored(_ kinds: [String: Int64]?) -> JSONText? {
        // Integers under text keys always encode.
        kinds.flatMap { try? JSONEncoder().encode($0) }.map { JSONText(String(decoding: $0, as: UTF8.self)) }
    }

    private static func kinds(_ stored: JSONText?) throws -> [String: Int64]? {
        try stored.map { try JSONDecoder().decode([String: Int64].self, from: Data($0.text.utf8)) }
    }
}
