// SPDX-License-Identifier: MIT

import Publishing

/// What ffmpeg is told to make a film.
struct FilmCommand {
    static let quietly = ["-nostdin", "-hide_banner", "-v", "error", "-y"]

    var path: String
    var type: String
    var conversion: MediaConversion
    var film: MediaConversion.Film
    var output: String

    /// The arguments; the same file and conversion give the same bytes.
    var arguments: [String] {
        get throws {
            guard let demuxer = ProgramProbe.demuxers[self.type] else {
                throw MediaError("a film cannot be made of \(self.type)")
            }
            return Self.quietly
                // The first film that is no cover, the first sound; no names, places or chapters of the original.
                + ["-protocol_whitelist", "file", "-f", demuxer, "-i", "file:\(self.path)", "-map", "0:V:0"]
                + (self.film.sound == .none ? [] : ["-map", "0:a:0"])
                + ["-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1"] + self.pictures + self.sound
                + ["-fflags", "+bitexact", "-movflags", "+faststart", "-fs", "\(self.conversion.byteCount + 1)"]
                + ["-f", self.conversion.type == "video/quicktime" ? "mov" : "mp4", "file:\(self.output)"]
        }
    }

    private var pictures: [String] {
        guard let codec = self.film.codec else { return ["-c:v", "copy"] }
        let isHEVC = codec == "hevc"
        let size = self.conversion.picture
        let canvas = self.conversion.canvas
        var filters = ["scale=\(size.width):\(size.height)"]
        if size != canvas { filters.append("pad=\(canvas.width):\(canvas.height):(ow-iw)/2:(oh-ih)/2:black") }
        if let rate = self.film.frameRate { filters.append("fps=\(rate)") }
        filters.append("format=yuv420p")
        var arguments = ["-vf", filters.joined(separator: ","), "-flags:v", "+bitexact"]
        arguments += ["-c:v", isHEVC ? "libx265" : "libx264", "-preset", "medium", "-crf", isHEVC ? "24" : "20"]
        if let bits = self.film.bitRate { arguments += ["-maxrate", "\(bits)", "-bufsize", "\(bits)"] }
        // The tag is what Apple's players ask for.
        if isHEVC { arguments += ["-tag:v", "hvc1", "-x265-params", "log-level=error"] }
        return arguments
    }

    private var sound: [String] {
        switch self.film.sound {
        case .none: ["-an"]
        case .kept: ["-c:a", "copy"]
        case .aac: ["-c:a", "aac", "-b:a", "128k", "-ac", "2", "-flags:a", "+bitexact"]
        }
    }
}
