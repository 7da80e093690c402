// SPDX-License-Identifier: MIT

package import Domain

/// Counts rows that were skipped and keeps the first few to show.
package struct ProblemTally: Hashable, Sendable, Codable {
    /// How many rows were skipped.
    package private(set) var count = 0
    /// The first of them, in the order of the file.
    package private(set) var first: [CSVProblem] = []
    /// How many are kept.
    package let limit: Int

    /// Makes an empty tally that keeps so many problems.
    package init(keeping limit: Int = 20) { self.limit = limit }

    /// Adds one.
    package mutating func add(_ problem: CSVProblem) {
        self.count += 1
        if self.first.count < self.limit { self.first.append(problem) }
    }

    /// The lines to print: each kept problem, then how many more there are.
    package var lines: [String] {
        let more = self.count - self.first.count
        return self.first.map(\.description) + (more > 0 ? ["… and \(more) more rows skipped"] : [])
    }
}
