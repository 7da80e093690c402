// SPDX-License-Identifier: MIT

/// The units in which platforms write amounts.
///
/// Every conversion is exact or does not happen, except where the name says that it rounds.
extension Money {
    /// The amount in millionths of the currency's major unit; `nil` when it does not fit.
    public var micros: Int64? {
        let (micros, overflows) = self.minorUnits.multipliedReportingOverflow(
            by: Self.microsPerMinorUnit(self.currency))
        return overflows ? nil : micros
    }

    /// Reads millionths of the major unit; less than a minor unit counts as a whole one, so that spend is never booked too low.
    public init(roundingUpMicros micros: Int64, currency: Currency) {
        let unit = Self.microsPerMinorUnit(currency)
        let (quotient, remainder) = micros.quotientAndRemainder(dividingBy: unit)
        self.init(minorUnits: quotient + (remainder > 0 ? 1 : 0), currency: currency)
    }

    /// The amount in whole major units; `nil` when there is a fraction.
    public var wholeMajorUnits: Int64? {
        let unit = Self.minorUnitsPerMajorUnit(self.currency)
        return self.minorUnits % unit == 0 ? self.minorUnits / unit : nil
    }

    /// Reads a plain decimal amount in major units as platforms report spend, say `12.34`, `12` or `0.0500`.
    ///
    /// Less than a minor unit counts as a whole one, so that spend is never booked too low.
    ///
    /// - Returns: `nil` for anything that is no decimal number, for a sign, and for what does not fit.
    public init?(roundingUpDecimal text: String, currency: Currency) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let whole = parts.first, !whole.isEmpty else { return nil }
        let fraction = parts.count == 2 ? parts[1] : ""
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard (whole + fraction).utf8.allSatisfy({ digits.contains($0) }) else { return nil }
        let places = currency.exponent
        let kept = fraction.prefix(places)
        let isMore = fraction.dropFirst(places).contains { $0 != "0" }
        let padded = whole + kept + String(repeating: "0", count: places - kept.count)
        guard let units = Int64(padded), units < .max else { return nil }
        self.init(minorUnits: units + (isMore ? 1 : 0), currency: currency)
    }

    private static func minorUnitsPerMajorUnit(_ currency: Currency) -> Int64 {
        (0..<currency.exponent).reduce(Int64(1)) { unit, _ in unit * 10 }
    }

    private static func microsPerMinorUnit(_ currency: Currency) -> Int64 {
        1_000_000 / Self.minorUnitsPerMajorUnit(currency)
    }
}
