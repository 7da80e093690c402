// SPDX-License-Identifier: MIT

/// A square matrix, kept row by row.
package struct SquareMatrix: Sendable, Hashable {
    /// How many rows and columns it has.
    package let count: Int
    /// The elements, one row after the other.
    package var elements: [Double]

    /// Makes a matrix of zeros.
    package init(count: Int) {
        self.count = count
        self.elements = [Double](repeating: 0, count: count * count)
    }

    /// Makes a matrix from what its elements are.
    package init(count: Int, _ element: (_ row: Int, _ column: Int) -> Double) {
        self.count = count
        self.elements = []
        self.elements.reserveCapacity(count * count)
        for row in 0..<count {
            for column in 0..<count { self.elements.append(element(row, column)) }
        }
    }

    /// One element.
    package subscript(row: Int, column: Int) -> Double {
        get { self.elements[row * self.count + column] }
        set { self.elements[row * self.count + column] = newValue }
    }

    /// The elements on the diagonal.
    package var diagonal: [Double] { (0..<self.count).map { self[$0, $0] } }

    /// The rows and columns that are named, in that order.
    package func block(_ indices: [Int]) -> SquareMatrix {
        var block = SquareMatrix(count: indices.count)
        self.elements.withUnsafeBufferPointer { from in
            block.elements.withUnsafeMutableBufferPointer { to in
                var position = 0
                for row in indices {
                    let start = row * self.count
                    for column in indices {
                        unsafe to[position] = from[start + column]
                        position += 1
                    }
                }
            }
        }
        return block
    }

    /// The product with a column.
    package func times(_ column: [Double]) -> [Double] {
        (0..<self.count).map { row in
            var sum = 0.0
            for index in 0..<self.count { sum += self[row, index] * column[index] }
            return sum
        }
    }

    /// The sum of two matrices of one size.
    package static func + (left: SquareMatrix, right: SquareMatrix) -> SquareMatrix {
        var sum = left
        for index in sum.elements.indices { sum.elements[index] += right.elements[index] }
        return sum
    }
}
