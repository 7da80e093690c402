// SPDX-License-Identifier: MIT

/// What a file turned out to be when somebody looked into it; what is not known is `nil`.
public struct MediaFacts: Sendable, Hashable, Codable {
    /// How long a film lasts; `nil` for a picture.
    public var duration: Duration? {
        get { self.milliseconds.map { .milliseconds($0) } }
        set {
            self.milliseconds = newValue.map {
                $0.components.seconds * 1000 + $0.components.attoseconds / 1_000_000_000_000_000
            }
        }
    }
    /// The width in pixels, as it is shown.
    public var width: Int?
    /// The height in pixels, as it is shown.
    public var height: Int?
    /// Pictures a second, on average.
    public var frameRate: Double?
    /// The coding of the pictures of a film, in the words of ffprobe: `h264`, `hevc`, `vp9`.
    public var videoCodec: String?
    /// The coding of the sound: `aac`, `opus`; `nil` for a silent film.
    public var audioCodec: String?
    private var milliseconds: Int64?

    private enum CodingKeys: String, CodingKey {
        case width, height
        case frameRate = "frame_rate"
        case videoCodec = "video_codec"
        case audioCodec = "audio_codec"
        case milliseconds = "duration_ms"
    }

    /// Makes facts.
    public init(
        duration: Duration? = nil, width: Int? = nil, height: Int? = nil, frameRate: Double? = nil,
        videoCodec: String? = nil, audioCodec: String? = nil
    ) {
        self.width = width
        self.height = height
        self.frameRate = frameRate
        self.videoCodec = videoCodec
        self.audioCodec = audioCodec
        self.duration = duration
    }

    /// Width by height, when both are known.
    public var aspect: Double? {
        guard let width, let height, width > 0, height > 0 else { return nil }
        return Double(width) / Double(height)
    }
}
