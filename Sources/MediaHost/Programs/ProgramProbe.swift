// SPDX-License-Identifier: MIT

package import PluginKit
import Publishing

/// Looks into films with ffprobe and into pictures with libvips.
///
/// Each program is told what the file is, reads that file alone, and sees nothing of the network.
package struct ProgramProbe: MediaProbing {
    /// How long a look may take; a film is not read, its tables are.
    private let limit: Duration

    /// Makes a probe.
    package init(limit: Duration = .seconds(60)) { self.limit = limit }

    /// Finds out what a file's inside is like.
    package func probe(_ path: String, type: String) async throws -> MediaFacts {
        if let demuxer = Self.demuxers[type] {
            let answer = try await self.ask(.ffprobe, FilmAnswer.question(path, demuxer: demuxer))
            return try FilmAnswer.facts(answer, type: type)
        }
        return try PictureAnswer.facts(try await self.ask(.vipsheader, ["-a", path]))
    }

    /// What ffprobe reads, and as what; it never guesses.
    static let demuxers = [
        "video/mp4": "mov", "video/quicktime": "mov", "video/webm": "matroska", "image/gif": "gif",
        "image/bmp": "bmp_pipe", "image/tiff": "tiff_pipe",
    ]

    private func ask(_ program: MediaProgram, _ arguments: [String]) async throws -> String {
        do {
            let answer = try await program.run(arguments, within: self.limit)
            guard answer.isGood else { throw MediaProbeError.unreadable(answer.complaint) }
            return answer.output
        } catch let failure as MediaProgram.Failure {
            switch failure {
            case .missing: throw MediaProbeError.missing(program: program.name, package: program.package)
            case .tooSlow: throw MediaProbeError.failed("\(program.name) took longer than \(self.limit)")
            case .other(let reason): throw MediaProbeError.failed(reason)
            }
        }
    }
}
