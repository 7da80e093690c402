// SPDX-License-Identifier: MIT

package import Foundation

/// A value that a command shows, in a form that tables and JSON can both be made of.
package indirect enum Field: Sendable, Hashable {
    /// Not given; never zero and never a guess.
    case none
    /// Text.
    case text(String)
    /// The word for a state, coloured by its meaning.
    case state(String)
    /// A whole number.
    case integer(Int64)
    /// A number, with the places a table shows.
    case number(Double, places: Int)
    /// A truth value.
    case flag(Bool)
    /// A moment, shown in a zone.
    case time(Date, TimeZone)
    /// A span of time; seconds in JSON.
    case duration(Duration)
    /// Money in minor units of a currency, with the currency's places.
    case money(minorUnits: Int64, currency: String, places: Int)
    /// Bytes.
    case bytes(Int64)
    /// Several values.
    case list([Field])
    /// Several named values.
    case record(Record)

    /// A text, or nothing.
    package static func optional(_ text: String?) -> Field { text.map { .text($0) } ?? .none }
    /// A whole number.
    package static func count(_ value: Int) -> Field { .integer(Int64(value)) }
}

/// Named values in their order.
package struct Record: Sendable, Hashable {
    /// The values with their keys, which are snake_case.
    package var fields: [Entry]

    /// One named value.
    package struct Entry: Sendable, Hashable {
        /// The key, snake_case.
        package var key: String
        /// The value.
        package var value: Field
    }

    /// Makes a record of keys and values in order.
    package init(_ fields: KeyValuePairs<String, Field>) {
        self.fields = fields.map { Entry(key: $0.key, value: $0.value) }
    }

    /// Makes a record of entries.
    package init(entries: [Entry]) { self.fields = entries }

    /// The value under a key, or nothing.
    package subscript(key: String) -> Field { self.fields.first { $0.key == key }?.value ?? .none }
}
