// SPDX-License-Identifier: MIT

/// Medians, also of a window that moves.
enum Median {
    /// The median of some values; nil without any.
    static func of(_ values: [Double]) -> Double? {
        guard !values.isEmpty else { return nil }
        return Self.ofSorted(values.sorted())
    }

    private static func ofSorted(_ sorted: [Double]) -> Double {
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// The median in each of some windows whose beginnings and ends never go back.
    ///
    /// - Parameters:
    ///   - values: The values.
    ///   - windows: Which of them each median is of; none is empty.
    /// - Returns: One median for each window.
    static func moving(_ values: [Double], over windows: some Sequence<Range<Int>>) -> [Double] {
        var sorted: [Double] = []
        var inside = 0..<0
        return windows.map { window in
            while inside.upperBound < window.upperBound {
                let value = values[inside.upperBound]
                sorted.insert(value, at: Self.position(of: value, in: sorted))
                inside = inside.lowerBound..<(inside.upperBound + 1)
            }
            while inside.lowerBound < window.lowerBound {
                sorted.remove(at: Self.position(of: values[inside.lowerBound], in: sorted))
                inside = (inside.lowerBound + 1)..<inside.upperBound
            }
            return Self.ofSorted(sorted)
        }
    }

    /// The first place whose value is not below.
    private static func position(of value: Double, in sorted: [Double]) -> Int {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
