// SPDX-License-Identifier: MIT

import Domain
import Testing

@testable import Analysis

@Suite struct CurvePosteriorTests {
    private static let kernel = WeeklyKernel(hours: 0.03, days: 0.005, both: 0.01, length: 0.8)
    private static let flat = [Double](repeating: 0, count: HourOfWeek.count)

    @Test("with one hour seen, every hour moves by its covariance with it over the variance of what was seen")
    func oneHour() throws {
        let prior = Self.kernel.covariance()
        let posterior = try CurvePosterior(
            prior: prior, priorMean: Self.flat, observed: [66], values: [0.4], noise: [0.25])
        let total = prior[66, 66] + CurvePosterior.level + 0.25
        for slot in [0, 65, 66, 90, 167] {
            #expect(abs(posterior.mean[slot] - prior[slot, 66] / total * 0.4) < 1e-12)
            #expect(
                abs(posterior.variances[slot] - (prior[slot, slot] - prior[slot, 66] * prior[slot, 66] / total)) < 1e-12
            )
        }
    }

    @Test("with nothing seen the curve is what it was before")
    func nothing() throws {
        let before = HourOfWeek.all.map { Double($0.hour) / 24 }
        let posterior = try CurvePosterior(
            prior: Self.kernel.covariance(), priorMean: before, observed: [], values: [], noise: [])
        #expect(posterior.mean == before)
        #expect(posterior.variances == Self.kernel.covariance().diagonal)
    }

    @Test("with endless posts the differences between hours are the ones that were seen")
    func endless() throws {
        let observed = [10, 40, 66, 140]
        let seen = [0.3, -0.2, 0.5, 0.1]
        let posterior = try CurvePosterior(
            prior: Self.kernel.covariance(), priorMean: Self.flat, observed: observed, values: seen,
            noise: [Double](repeating: 1e-9, count: 4))
        for (left, right) in zip(0..<3, 1..<4) {
            let difference = posterior.mean[observed[right]] - posterior.mean[observed[left]]
            #expect(abs(difference - (seen[right] - seen[left])) < 1e-6)
        }
    }

    @Test("the variance of any combination of hours is the same from the whole covariance and from its product")
    func consistent() throws {
        let posterior = try CurvePosterior(
            prior: Self.kernel.covariance(), priorMean: Self.flat, observed: [3, 50, 51], values: [1, 0, 0],
            noise: [0.1, 0.2, 0.3])
        let column = HourOfWeek.all.map { $0.index % 5 == 0 ? 1.0 : 0 }
        let whole = posterior.covariance.times(column)
        for (left, right) in zip(whole, posterior.covariance(times: column)) { #expect(abs(left - right) < 1e-9) }
        for (left, right) in zip(posterior.covariance.diagonal, posterior.variances) {
            #expect(abs(left - right) < 1e-12)
        }
    }

    @Test("a kernel is symmetric, repeats every day and holds a week's two ends for neighbours")
    func kernel() {
        let covariance = Self.kernel.covariance()
        #expect((0..<168).allSatisfy { row in (0..<168).allSatisfy { covariance[row, $0] == covariance[$0, row] } })
        // Sunday 23 and Monday 0 are an hour apart on the clock, like Sunday 23 and Sunday 22.
        let alike = WeeklyKernel(hours: 1, days: 0, both: 0, length: 0.8).covariance()
        #expect(alike[167, 0] == alike[167, 166])
        #expect(abs(covariance[5, 5] - Self.kernel.variance) < 1e-15)
    }
}
