// SPDX-License-Identifier: MIT

import Foundation

/// The factor R of a symmetric positive definite matrix, A = RᵀR with R upper triangular.
///
/// Rows are worked on as wholes, so that the inner loops run over neighbours in memory and every element is summed in one fixed order:
/// the same matrix gives the same bits. (Golub and Van Loan, Matrix Computations, section 4.2.)
package struct Cholesky: Sendable {
    /// How many rows and columns the matrix has.
    package let count: Int
    /// R row by row; what is below the diagonal is not meaningful.
    private let factor: [Double]
    /// What was added to the diagonal to make the matrix positive definite in floating point; 0 for most.
    package let jitter: Double

    /// The matrix is not positive definite, not even with a little more on its diagonal.
    package struct NotPositiveDefinite: Error, Hashable, Sendable, CustomStringConvertible {
        /// How many rows and columns it has.
        package var count: Int
        /// The most that was added to the diagonal.
        package var jitter: Double

        /// What happened, for a person.
        package var description: String {
            "a covariance of \(self.count) slots is not positive definite, even with \(self.jitter) added to its diagonal"
        }
    }

    private static let smallestPivot = 1e-12
    private static let firstJitter = 1e-8
    private static let lastJitter = 1e-4

    /// Factors a matrix of which only the upper triangle is read.
    ///
    /// A pivot that is not above 1e−12 adds 1e−8 of the mean diagonal to the diagonal, then ten times as much, up to 1e−4.
    ///
    /// - Throws: ``NotPositiveDefinite`` when that is not enough.
    package init(_ matrix: SquareMatrix) throws(NotPositiveDefinite) {
        self.count = matrix.count
        let mean = matrix.diagonal.reduce(0, +) / Double(max(1, matrix.count))
        var jitter = 0.0
        while true {
            var elements = matrix.elements
            for index in 0..<matrix.count where jitter > 0 { elements[index * matrix.count + index] += jitter * mean }
            if Self.factor(&elements, matrix.count) {
                self.factor = elements
                self.jitter = jitter * mean
                return
            }
            guard jitter < Self.lastJitter else {
                throw NotPositiveDefinite(count: matrix.count, jitter: jitter * mean)
            }
            jitter = jitter == 0 ? Self.firstJitter : jitter * 10
        }
    }

    private static func factor(_ elements: inout [Double], _ count: Int) -> Bool {
        elements.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return true }
            for pivot in 0..<count {
                let row = unsafe base + pivot * count
                let square = unsafe row[pivot]
                // Not a number is no pivot either.
                guard square > Self.smallestPivot else { return false }
                let root = square.squareRoot()
                unsafe row[pivot] = root
                for column in (pivot + 1)..<max(pivot + 1, count) { unsafe row[column] /= root }
                for lower in (pivot + 1)..<max(pivot + 1, count) {
                    let share = unsafe row[lower]
                    let target = unsafe base + lower * count
                    for column in lower..<count { unsafe target[column] -= share * row[column] }
                }
            }
            return true
        }
    }

    /// The logarithm of the matrix's determinant.
    package var logDeterminant: Double {
        var sum = 0.0
        for index in 0..<self.count { sum += log(self.factor[index * self.count + index]) }
        return 2 * sum
    }

    /// R⁻ᵀb: the right side as independent unit noise.
    package func whitened(_ right: [Double]) -> [Double] {
        var columns = right
        self.whiten(&columns, width: 1)
        return columns
    }

    /// R⁻ᵀB in place, B row by row with so many columns.
    package func whiten(_ right: inout [Double], width: Int) {
        self.factor.withUnsafeBufferPointer { factor in
            right.withUnsafeMutableBufferPointer { right in
                guard let factor = factor.baseAddress, let base = right.baseAddress else { return }
                for pivot in 0..<self.count {
                    let row = unsafe base + pivot * width
                    let root = unsafe factor[pivot * self.count + pivot]
                    for column in 0..<width { unsafe row[column] /= root }
                    for lower in (pivot + 1)..<max(pivot + 1, self.count) {
                        let share = unsafe factor[pivot * self.count + lower]
                        let target = unsafe base + lower * width
                        for column in 0..<width { unsafe target[column] -= share * row[column] }
                    }
                }
            }
        }
    }

    /// Rᵀz: independent unit noise with the matrix's covariance.
    package func coloured(_ noise: [Double]) -> [Double] {
        var result = [Double](repeating: 0, count: self.count)
        for row in 0..<self.count {
            for column in row..<self.count { result[column] += self.factor[row * self.count + column] * noise[row] }
        }
        return result
    }

    /// The logarithm of the density of r under N(0, A), without the constant: −½ rᵀA⁻¹r − Σ ln Rᵢᵢ.
    package func logEvidence(_ residual: [Double]) -> Double {
        let white = self.whitened(residual)
        return -0.5 * white.reduce(0) { $0 + $1 * $1 } - 0.5 * self.logDeterminant
    }
}
