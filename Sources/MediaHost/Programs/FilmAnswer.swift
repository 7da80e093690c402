// SPDX-License-Identifier: MIT

import Foundation
import PluginKit
import Publishing

/// What ffprobe says of a file.
struct FilmAnswer: Decodable {
    struct Stream: Decodable {
        struct SideData: Decodable {
            var rotation: Int?
        }

        var codec_type: String?
        var codec_name: String?
        var width: Int?
        var height: Int?
        var avg_frame_rate: String?
        var duration: String?
        var side_data_list: [SideData]?
        var disposition: [String: Int]?

        /// A picture that stands for a film or a piece of music is no film.
        var isCover: Bool { self.disposition?["attached_pic"] == 1 }

        var isTurned: Bool {
            let rotation = self.side_data_list?.compactMap(\.rotation).first ?? 0
            return abs(rotation) % 180 == 90
        }

        /// `30000/1001`.
        var frameRate: Double? {
            let parts = (self.avg_frame_rate ?? "").split(separator: "/").compactMap { Double($0) }
            guard parts.count == 2, parts[0] > 0, parts[1] > 0 else { return nil }
            return parts[0] / parts[1]
        }
    }

    struct Format: Decodable {
        var duration: String?
    }

    var streams: [Stream]?
    var format: Format?

    static func question(_ path: String, demuxer: String) -> [String] {
        [
            "-v", "error", "-hide_banner", "-protocol_whitelist", "file", "-f", demuxer, "-show_entries",
            "format=duration:stream=codec_type,codec_name,width,height,avg_frame_rate,duration:stream_side_data=rotation:stream_disposition=attached_pic",
            "-of", "json", "-i", "file:\(path)",
        ]
    }

    static func facts(_ text: String, type: String) throws -> MediaFacts {
        let answer: FilmAnswer
        do {
            answer = try JSONDecoder().decode(FilmAnswer.self, from: Data(text.utf8))
        } catch {
            throw MediaProbeError.failed("ffprobe's answer cannot be read: \(error)")
        }
        let streams = answer.streams ?? []
        guard let pictures = streams.first(where: { $0.codec_type == "video" && !$0.isCover }) else {
            throw MediaProbeError.unreadable("there are no pictures in it")
        }
        guard let width = pictures.width, let height = pictures.height, width > 0, height > 0 else {
            throw MediaProbeError.unreadable("its pictures have no size")
        }
        var facts = MediaFacts(
            width: pictures.isTurned ? height : width, height: pictures.isTurned ? width : height)
        guard type.hasPrefix("video/") || type == "image/gif" else { return facts }
        facts.duration = (answer.format?.duration ?? pictures.duration).flatMap(Self.duration)
        facts.frameRate = pictures.frameRate
        facts.videoCodec = pictures.codec_name
        facts.audioCodec = streams.first { $0.codec_type == "audio" }.map { $0.codec_name ?? "unknown" }
        return facts
    }

    /// `140.033000` as a time, to the millisecond.
    private static func duration(_ text: String) -> Duration? {
        guard let seconds = Double(text), seconds > 0, seconds < 1e9 else { return nil }
        return .milliseconds(Int64((seconds * 1000).rounded()))
    }
}
