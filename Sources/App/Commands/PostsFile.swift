// SPDX-License-Identifier: MIT

import Analysis
import Domain
import Foundation

/// A file of past posts that a person names; `-` is standard input.
struct PostsFile {
    let path: String

    /// The file for a person.
    var name: String { self.path == "-" ? "standard input" : self.path }

    /// Reads it to the end.
    ///
    /// - Parameter report: Told of every row that cannot be used.
    /// - Returns: The accounts' pasts, and how many rows were left out.
    /// - Throws: ``CommandError`` when it cannot be read or is no table.
    func histories(_ report: (String) -> Void) throws -> (histories: [TimingHistory], skipped: Int) {
        guard let handle = self.path == "-" ? .standardInput : FileHandle(forReadingAtPath: self.path) else {
            throw CommandError(
                .badData, "cannot read the file \(self.path)", remedy: "is the path right, and readable for this user?")
        }
        var collector = HistoryCollector()
        var skipped = 0
        do {
            var posts = try HistoryCSV(CSVReader(file: handle))
            while let next = try posts.next() {
                switch next {
                case .success(let sample): collector.add(sample)
                case .failure(let problem):
                    skipped += 1
                    report("\(self.name): \(problem)")
                }
            }
        } catch let error as CSVError {
            throw CommandError(
                .badData, "\(self.name): \(error.message)", remedy: "see `posthorn best-times rank --help`")
        }
        return (collector.histories(), skipped)
    }
}
