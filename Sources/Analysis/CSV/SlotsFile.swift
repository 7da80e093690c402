// SPDX-License-Identifier: MIT

import Domain
package import Foundation

/// What each hour of the week is worth for each account, as a file for other programs: CSV with a header, or a JSON array.
///
/// `account,weekday,hour,score,lower,upper`; weekday 0 is Monday, factors have four decimals. When one name stands on several platforms,
/// the platform is a last column.
package struct SlotsFile: Sendable {
    /// How it is written.
    package enum Format: Sendable {
        /// Comma-separated values with a header.
        case csv
        /// One array of objects.
        case json
    }

    private struct Row: Encodable {
        var account: String
        var weekday: Int
        var hour: Int
        var score: Double
        var lower: Double
        var upper: Double
        var platform: String?
    }

    private let format: Format
    private let namesPlatform: Bool
    private let writer = CSVWriter(guardsFormulas: false)

    /// Writes a result in a format.
    package init(_ format: Format, of times: BestTimes) {
        self.format = format
        self.namesPlatform = Set(times.accounts.map(\.account)).count < times.accounts.count
    }

    /// What the file begins with.
    package var head: Data {
        switch self.format {
        case .csv: Data("account,weekday,hour,score,lower,upper\(self.namesPlatform ? ",platform" : "")\n".utf8)
        case .json: Data("[\n".utf8)
        }
    }

    /// What the file ends with.
    package var tail: Data {
        switch self.format {
        case .csv: Data()
        case .json: Data("\n]\n".utf8)
        }
    }

    /// The 168 rows of an account.
    ///
    /// - Throws: `EncodingError`.
    package func rows(_ account: BestTimes.Account, isFirst: Bool) throws -> Data {
        let rows = account.curve.hours.map { hour in
            Row(
                account: account.account, weekday: hour.hour.weekday, hour: hour.hour.hour,
                score: Self.rounded(hour.score), lower: Self.rounded(hour.lower), upper: Self.rounded(hour.upper),
                platform: self.namesPlatform ? account.platform.rawValue : nil)
        }
        switch self.format {
        case .csv: return Data(rows.map(self.line).joined().utf8)
        case .json:
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let lines = try rows.map { try encoder.encode($0) }
            return (isFirst ? Data() : Data(",\n".utf8)) + Data(lines.joined(separator: Data(",\n".utf8)))
        }
    }

    private func line(_ row: Row) -> String {
        let platform = row.platform.map { "," + self.writer.field($0) } ?? ""
        return
            "\(self.writer.field(row.account)),\(row.weekday),\(row.hour),\(row.score),\(row.lower),\(row.upper)\(platform)\n"
    }

    /// Four decimals, never 0: a factor is above that.
    private static func rounded(_ value: Double) -> Double { max(1, min(1e12, value * 10_000).rounded()) / 10_000 }
}
