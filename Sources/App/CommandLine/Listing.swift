// SPDX-License-Identifier: MIT

/// One column of a listing, and one key of its JSON.
package struct Column: Sendable, Hashable {
    /// The JSON key, snake_case; also the CSV heading.
    package var key: String
    /// The heading in a table; `nil` for what only programs need.
    package var title: String?
    /// What it means, for the help of the command.
    package var meaning: String
    /// Whether a narrow terminal may shorten it.
    package var isFlexible: Bool

    /// Makes a column.
    ///
    /// - Parameters:
    ///   - key: the JSON key, snake_case.
    ///   - title: the heading in a table; `nil` for what only programs need.
    ///   - meaning: what it means.
    ///   - isFlexible: whether a narrow terminal may shorten it.
    package init(_ key: String, _ title: String?, _ meaning: String, isFlexible: Bool = false) {
        self.key = key
        self.title = title
        self.meaning = meaning
        self.isFlexible = isFlexible
    }
}

/// Rows of the same columns: what `list` commands show.
package struct Listing: Sendable {
    /// The columns in their order.
    package var columns: [Column]
    /// The rows; a missing key is shown as not given.
    package var rows: [Record]
    /// The key that `--quiet` prints; a row without it is left out there.
    package var idKey: String
    /// What a table says when there are no rows.
    package var empty: String

    /// Makes a listing.
    ///
    /// - Parameters:
    ///   - columns: the columns in their order.
    ///   - rows: the rows.
    ///   - idKey: the key that `--quiet` prints.
    ///   - empty: what a table says when there are no rows.
    package init(_ columns: [Column], rows: [Record], idKey: String = "id", empty: String = "nothing to show") {
        self.columns = columns
        self.rows = rows
        self.idKey = idKey
        self.empty = empty
    }
}
