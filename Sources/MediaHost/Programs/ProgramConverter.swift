// SPDX-License-Identifier: MIT

package import Foundation
package import Publishing

/// Makes films with ffmpeg and pictures with libvips.
///
/// Each program is told what the file is, reads that file alone, sees nothing of the network, and ends when it takes too long or writes too
/// much.
package struct ProgramConverter: MediaConverting {
    /// How long the programs may take.
    package struct Limits: Sendable {
        /// For a film.
        package var film = Duration.seconds(3600)
        /// For each try at a picture.
        package var picture = Duration.seconds(300)

        /// Makes limits: an hour for a film, five minutes for a picture.
        package init() {}
    }

    private let folder: URL
    private let limits: Limits

    /// Makes files in a folder.
    ///
    /// - Parameters:
    ///   - folder: Where files lie while they are made; on the store's own disk.
    ///   - limits: How long the programs may take.
    package init(folder: URL, limits: Limits = Limits()) {
        self.folder = folder
        self.limits = limits
    }

    /// Makes a file for the time of the body.
    package func withFile<Value: Sendable>(
        from path: String, type: String, _ conversion: MediaConversion, _ body: (_ file: URL) async throws -> Value
    ) async throws -> Value {
        let work = self.folder.appendingPathComponent("making-\(UUID().uuidString)")
        do {
            try FileManager.default.createDirectory(at: work, withIntermediateDirectories: true)
        } catch {
            throw MediaError(
                "cannot write to the media store \(self.folder.path): \(error.localizedDescription)",
                kind: .configuration)
        }
        defer { try? FileManager.default.removeItem(at: work) }  // The store may have moved what is in it.
        let file =
            if let film = conversion.film {
                try await self.film(path, type, conversion, film, in: work)
            } else {
                try await self.picture(path, type, conversion, in: work)
            }
        return try await body(file)
    }

    // MARK: Films

    private func film(
        _ path: String, _ type: String, _ conversion: MediaConversion, _ film: MediaConversion.Film, in work: URL
    ) async throws -> URL {
        let file = work.appendingPathComponent("film")
        let command = FilmCommand(path: path, type: type, conversion: conversion, film: film, output: file.path)
        try await self.run(.ffmpeg, try command.arguments, within: self.limits.film)
        guard try Self.size(of: file) <= conversion.byteCount else {
            throw MediaError("the film cannot be made as small as \(conversion.byteCount) bytes")
        }
        return file
    }

    // MARK: Pictures

    /// Tries at a picture until it is small enough: first less fine, then smaller.
    private static let tries: [(quality: Int, scale: Double)] = [
        (90, 1), (80, 1), (70, 1), (70, 0.75), (70, 0.5), (70, 0.35), (70, 0.25),
    ]

    private func picture(_ path: String, _ type: String, _ conversion: MediaConversion, in work: URL) async throws
        -> URL
    {
        let source = try await self.readable(path, type, in: work)
        for (quality, scale) in Self.tries {
            // A PNG has no other quality.
            if conversion.type == "image/png", scale == 1, quality < 90 { continue }
            let command = PictureCommand(conversion: conversion, quality: quality, scale: scale, folder: work)
            try await self.run(.vipsthumbnail, command.thumbnail(of: source), within: self.limits.picture)
            if let bars = command.bars { try await self.run(.vips, bars, within: self.limits.picture) }
            if try Self.size(of: command.output) <= conversion.byteCount { return command.output }
        }
        throw MediaError("the picture cannot be made as small as \(conversion.byteCount) bytes")
    }

    /// BMP and TIFF are among the formats that libvips is not to read here.
    private func readable(_ path: String, _ type: String, in work: URL) async throws -> String {
        guard let demuxer = ["image/bmp": "bmp_pipe", "image/tiff": "tiff_pipe"][type] else { return path }
        let copy = work.appendingPathComponent("source.png").path
        let arguments =
            FilmCommand.quietly + ["-protocol_whitelist", "file", "-f", demuxer, "-i", "file:\(path)"]
            + ["-frames:v", "1", "-map_metadata", "-1", "-c:v", "png", "-f", "image2", "-update", "1", "file:\(copy)"]
        try await self.run(.ffmpeg, arguments, within: self.limits.picture)
        return copy
    }

    // MARK: Programs

    private func run(_ program: MediaProgram, _ arguments: [String], within limit: Duration) async throws {
        do {
            let answer = try await program.run(arguments, within: limit)
            guard answer.isGood else {
                throw MediaError("\(program.name) cannot make the file fit: \(answer.complaint)")
            }
        } catch let failure as MediaProgram.Failure {
            switch failure {
            case .missing:
                throw MediaError(
                    "files are made to fit with \(program.name), which is not on this machine; apt-get install \(program.package)",
                    kind: .configuration)
            case .tooSlow: throw MediaError("\(program.name) took longer than \(limit); make the file fit by hand")
            case .other(let reason): throw MediaError(reason, kind: .configuration)
            }
        }
    }

    private static func size(of file: URL) throws -> Int64 {
        guard let size = try FileManager.default.attributesOfItem(atPath: file.path)[.size] as? NSNumber else {
            throw MediaError("what was made of the file cannot be read")
        }
        return size.int64Value
    }
}
