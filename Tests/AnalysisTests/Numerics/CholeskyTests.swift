// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import Analysis

@Suite struct CholeskyTests {
    private static let rows: [[Double]] = [[4, 2, 0.6], [2, 5, 1], [0.6, 1, 3]]
    private static let matrix = SquareMatrix(count: 3) { rows[$0][$1] }

    @Test("the evidence of three hours is what the determinant and the inverse give")
    func directly() throws {
        let residual = [0.5, -1, 0.25]
        // By cofactors: 4 (5·3 − 1) − 2 (2·3 − 0.6) + 0.6 (2 − 5·0.6).
        let determinant = 44.6
        let adjugate: [[Double]] = [[14, -5.4, -1], [-5.4, 11.64, -2.8], [-1, -2.8, 16]]
        let cofactors = SquareMatrix(count: 3) { adjugate[$0][$1] }
        let solved = cofactors.times(residual).map { $0 / determinant }
        let quadratic = (0..<3).reduce(0.0) { $0 + residual[$1] * solved[$1] }
        let factor = try Cholesky(Self.matrix)
        #expect(abs(factor.logEvidence(residual) - (-0.5 * quadratic - 0.5 * log(determinant))) < 1e-12)
        #expect(factor.jitter == 0)
    }

    @Test("colouring undoes whitening's covariance: RᵀR is the matrix")
    func product() throws {
        let factor = try Cholesky(Self.matrix)
        for column in 0..<3 {
            // A·e = Rᵀ(R·e), and R·e follows from whitening A·e.
            let unit = (0..<3).map { $0 == column ? 1.0 : 0 }
            let back = factor.coloured(factor.whitened(Self.matrix.times(unit)))
            for row in 0..<3 { #expect(abs(back[row] - Self.matrix[row, column]) < 1e-12) }
        }
    }

    @Test("a matrix on the edge gets a little on its diagonal, and one beyond it is refused with its size")
    func edge() throws {
        let edge = SquareMatrix(count: 2) { _, _ in 1 }
        #expect(try Cholesky(edge).jitter > 0)
        #expect(throws: Cholesky.NotPositiveDefinite.self) {
            try Cholesky(SquareMatrix(count: 2) { $0 == $1 ? 1 : 2 })
        }
        #expect(throws: Cholesky.NotPositiveDefinite.self) {
            try Cholesky(SquareMatrix(count: 2) { $0 == $1 ? .nan : 0 })
        }
    }

    @Test("a moving median is the median of each window")
    func moving() {
        var chance = Chance(seed: 3)
        let values = (0..<60).map { _ in (chance.normal() * 4).rounded() }
        let windows = (0..<60).map { max(0, $0 - $0 % 9)..<min(60, $0 + 7) }
        #expect(Median.moving(values, over: windows) == windows.map { Median.of(Array(values[$0])) })
    }
}
