// SPDX-License-Identifier: MIT

/// A currency by its ISO 4217 code.
public struct Currency: Hashable, Sendable, Codable, CustomStringConvertible, RawRepresentable {
    /// The code in upper case, say `EUR`.
    public var rawValue: String

    /// Checks that the code is a currency that ISO 4217 lists and Posthorn knows the minor unit of.
    public init?(rawValue: String) {
        let code = rawValue.uppercased()
        guard Self.codes.contains(code) else { return nil }
        self.rawValue = code
    }

    private init(known: String) { self.rawValue = known }

    /// The euro.
    public static let eur = Currency(known: "EUR")

    /// How many decimal places the minor unit has (ISO 4217: 0, 2 or 3).
    public var exponent: Int {
        if Self.withoutMinorUnit.contains(self.rawValue) { return 0 }
        return Self.withThreePlaces.contains(self.rawValue) ? 3 : 2
    }

    /// The code.
    public var description: String { self.rawValue }

    private static let withoutMinorUnit: Set<String> = [
        "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF",
        "XPF",
    ]
    private static let withThreePlaces: Set<String> = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]
    private static let withTwoPlaces = """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE
        CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW
        KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK
        PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS
        UAH USD UYU UZS VES WST XCD YER ZAR ZMW
        """
    private static let codes = withoutMinorUnit.union(withThreePlaces)
        .union(withTwoPlaces.split(whereSeparator: \.isWhitespace).map(String.init))
}

/// An amount in the minor units of its currency.
public struct Money: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The amount in minor units: 1234 is 12.34 EUR and 1234 JPY.
    public var minorUnits: Int64
    /// The currency.
    public var currency: Currency

    /// Makes an amount.
    public init(minorUnits: Int64, currency: Currency) {
        self.minorUnits = minorUnits
        self.currency = currency
    }

    /// Parses a plain decimal amount such as `500`, `500.00` or, with the currency behind it, `500.00EUR`.
    ///
    /// `nil` for anything else, for more decimal places than the currency has, and for what does not fit.
    ///
    /// - Parameters:
    ///   - text: The amount, with a point and no grouping; a currency code may follow.
    ///   - defaultCurrency: The currency when the text names none.
    public init?(_ text: String, defaultCurrency: Currency? = nil) {
        let trimmed = text.filter { !$0.isWhitespace }
        let code = String(trimmed.drop { !$0.isLetter })
        let number = trimmed.dropLast(code.count)
        guard let currency = code.isEmpty ? defaultCurrency : Currency(rawValue: code) else { return nil }
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let first = parts.first, !first.isEmpty else { return nil }
        let fraction = parts.count == 2 ? parts[1] : ""
        guard parts.count == 1 || !fraction.isEmpty, fraction.count <= currency.exponent,
            (first + fraction).utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let units = Int64(first + fraction + String(repeating: "0", count: currency.exponent - fraction.count))
        else { return nil }
        self.init(minorUnits: units, currency: currency)
    }

    /// The amount with the currency's decimal places and its code: `12.34 EUR`, `500 JPY`.
    public var description: String { "\(self.decimal) \(self.currency)" }

    /// The amount alone as an exact decimal text: `12.34`.
    public var decimal: String {
        let sign = self.minorUnits < 0 ? "-" : ""
        let digits = String(self.minorUnits.magnitude)
        let places = self.currency.exponent
        guard places > 0 else { return sign + digits }
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        return "\(sign)\(padded.dropLast(places)).\(padded.suffix(places))"
    }
}
