// SPDX-License-Identifier: MIT

package import Domain
import Foundation

/// Reads past posts with their engagement from a CSV file, a row at a time.
///
/// Columns: `account,platform,posted_at,paid,impressions,engagement,followers,content_type,tz,observed_at`. The first four and `engagement` have
/// to be there; every other may be absent, every cell but the first four may be empty; unknown columns are ignored; rows come in any order.
package struct HistoryCSV {
    /// The columns that a file has to have.
    package static let requiredColumns = ["account", "platform", "posted_at", "paid", "engagement"]

    private var table: CSVTable
    private var zones: [String: ZoneID] = [:]

    /// Reads the header.
    ///
    /// - Throws: ``Domain/CSVError`` when a column is missing; what the source throws.
    package init(_ reader: CSVReader) throws {
        self.table = try CSVTable(reader, required: Self.requiredColumns)
    }

    /// The next post, or why its row cannot be used; `nil` at the end.
    ///
    /// - Throws: What the source throws.
    package mutating func next() throws -> Result<PostSample, CSVProblem>? {
        guard let outcome = try self.table.next() else { return nil }
        switch outcome {
        case .failure(let problem): return .failure(problem)
        case .success(let row):
            do throws(CSVProblem) { return .success(try self.sample(row)) } catch { return .failure(error) }
        }
    }

    private mutating func sample(_ row: CSVTable.Row) throws(CSVProblem) -> PostSample {
        let account = try Self.required("account", of: row)
        let platform = try Self.platform(row)
        let postedAt = try Self.instant("posted_at", Self.required("posted_at", of: row), of: row)
        let observedAt: Date? =
            if let text = row["observed_at"] { try Self.instant("observed_at", text, of: row) } else { nil }
        if let observedAt, observedAt < postedAt {
            throw row.problem(
                "observed_at", "the numbers cannot have been read before the post appeared; check both times")
        }
        return PostSample(
            account: account, platform: platform, postedAt: postedAt, engagement: try Self.count("engagement", of: row),
            isPaid: try Self.flag("paid", of: row), contentType: row["content_type"], observedAt: observedAt,
            zone: try self.zone(row), impressions: try Self.count("impressions", of: row),
            followers: try Self.count("followers", of: row))
    }

    private static func required(_ column: String, of row: CSVTable.Row) throws(CSVProblem) -> String {
        guard let text = row[column] else { throw row.problem(column, "is empty") }
        return text
    }

    private static func platform(_ row: CSVTable.Row) throws(CSVProblem) -> PlatformID {
        let text = try Self.required("platform", of: row)
        let isName =
            text.utf8.count <= 63
            && text.unicodeScalars.allSatisfy { scalar in
                scalar.isASCII
                    && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "-"
                        || scalar == "_")
            }
        guard isName else {
            throw row.problem("platform", "'\(text.prefix(40))' is not a platform's name; write one such as instagram")
        }
        return PlatformID(rawValue: text)
    }

    private static func instant(_ column: String, _ text: String, of row: CSVTable.Row) throws(CSVProblem) -> Date {
        do { return try Date(iso8601: text) } catch { throw row.problem(column, error.message) }
    }

    private static func flag(_ column: String, of row: CSVTable.Row) throws(CSVProblem) -> Bool {
        let text = try Self.required(column, of: row)
        // Data frames write a column of flags with an empty cell as 0.0 and 1.0.
        switch text.lowercased() {
        case "0", "0.0", "false": return false
        case "1", "1.0", "true": return true
        default: throw row.problem(column, "'\(text.prefix(40))' is neither 1 (boosted) nor 0 (organic)")
        }
    }

    private static func count(_ column: String, of row: CSVTable.Row) throws(CSVProblem) -> Int64? {
        guard let text = row[column] else { return nil }
        // Spreadsheets and data frames write whole numbers as 17.0.
        let whole = text.hasSuffix(".0") ? String(text.dropLast(2)) : text
        guard whole.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let value = Int64(whole)
        else {
            throw row.problem(
                column,
                "'\(text.prefix(40))' is not a count; write a whole number from 0 without grouping, or leave it empty")
        }
        return value
    }

    private mutating func zone(_ row: CSVTable.Row) throws(CSVProblem) -> ZoneID {
        guard let text = row["tz"] else { return .utc }
        if let known = self.zones[text] { return known }
        do {
            let zone = try ZoneID(parsing: text)
            self.zones[text] = zone
            return zone
        } catch { throw row.problem("tz", error.message) }
    }
}
