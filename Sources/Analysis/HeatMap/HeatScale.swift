// SPDX-License-Identifier: MIT

import Foundation

/// The colours of a ratio to the typical post: blue below, orange above, centred on 1.0.
///
/// The range is fixed, 1/1.4 ≈ 0.7 to 1.4 on a logarithmic scale, so that noise does not look dramatic and two pictures can be compared. Blue and
/// orange stay apart for every common kind of colour blindness.
package enum HeatScale {
    /// A colour in sRGB, 0 to 255 each.
    package struct Colour: Hashable, Sendable {
        /// The red part.
        package var red: Int
        /// The green part.
        package var green: Int
        /// The blue part.
        package var blue: Int

        /// The colour as CSS writes it: `#3b6fb6`.
        package var css: String { String(format: "#%02x%02x%02x", self.red, self.green, self.blue) }

        /// Whether black text reads better on it than white.
        package var isLight: Bool { self.red * 299 + self.green * 587 + self.blue * 114 > 140_000 }
    }

    /// A colour of the 256-colour palette of terminals.
    package struct PaletteEntry: Hashable, Sendable {
        /// Its number.
        package var index: Int
        /// Whether black text reads better on it than white.
        package var isLight: Bool
    }

    /// Chosen by eye: the nearest entries by distance turn pale blue and orange into pink and yellow.
    private static let palette = [25, 67, 110, 153, 255, 223, 215, 208, 166]

    /// The palette's colour of a ratio.
    package static func paletteEntry(_ ratio: Double) -> PaletteEntry {
        let step = Int(((Self.position(ratio) + 1) / 2 * Double(Self.palette.count - 1)).rounded())
        return PaletteEntry(index: Self.palette[step], isLight: (2..<8).contains(step))
    }

    /// The highest ratio with a colour of its own; the lowest is its inverse.
    package static let limit = 1.4

    private static let low = [
        Colour(red: 242, green: 240, blue: 235), Colour(red: 141, green: 178, blue: 220),
        Colour(red: 32, green: 96, blue: 168),
    ]
    private static let high = [
        Colour(red: 242, green: 240, blue: 235), Colour(red: 247, green: 176, blue: 96),
        Colour(red: 204, green: 92, blue: 6),
    ]

    /// Where a ratio lies: −1 at the lower limit, 0 at 1.0, 1 at the upper limit; clamped.
    package static func position(_ ratio: Double) -> Double {
        guard ratio > 0 else { return -1 }
        return min(1, max(-1, log(ratio) / log(Self.limit)))
    }

    /// The colour of a ratio.
    package static func colour(_ ratio: Double) -> Colour {
        let position = Self.position(ratio)
        let stops = position < 0 ? Self.low : Self.high
        let scaled = abs(position) * Double(stops.count - 1)
        let index = min(stops.count - 2, Int(scaled))
        let share = scaled - Double(index)
        func mix(_ part: KeyPath<Colour, Int>) -> Int {
            Int(
                (Double(stops[index][keyPath: part]) * (1 - share) + Double(stops[index + 1][keyPath: part]) * share)
                    .rounded())
        }
        return Colour(red: mix(\.red), green: mix(\.green), blue: mix(\.blue))
    }

    /// Two characters that tell the same without colour.
    package static func symbol(_ ratio: Double) -> String {
        switch ratio {
        case ..<0.75: "--"
        case ..<0.9: "- "
        case ...1.1: "= "
        case ...1.25: "+ "
        default: "++"
        }
    }
}
