// SPDX-License-Identifier: MIT

/// What a platform asks of files of some types beyond their size: how long, how wide, which shape, which coding.
///
/// What is `nil` or empty is not limited.
public struct MediaRule: Sendable, Hashable, Codable {
    /// The MIME types that it is for.
    public var types: [String]
    /// How long a film may last.
    public var duration: ClosedRange<Duration>?
    /// How many pixels wide it may be.
    public var width: ClosedRange<Int>?
    /// How many pixels high it may be.
    public var height: ClosedRange<Int>?
    /// How many pixels the shorter side may have.
    public var shortSide: ClosedRange<Int>?
    /// Width by height.
    public var aspect: ClosedRange<Double>?
    /// Pictures a second.
    public var frameRate: ClosedRange<Double>?
    /// The codings of pictures that are taken, in the words of ffprobe.
    public var videoCodecs: [String]
    /// The codings of sound that are taken, in the words of ffprobe; a silent film is always taken.
    public var audioCodecs: [String]
    /// Whether the platform itself makes a file of another size fit: then a person is only told.
    public var isScaled: Bool

    /// Makes a rule.
    public init(
        types: [String], duration: ClosedRange<Duration>? = nil, width: ClosedRange<Int>? = nil,
        height: ClosedRange<Int>? = nil, shortSide: ClosedRange<Int>? = nil, aspect: ClosedRange<Double>? = nil,
        frameRate: ClosedRange<Double>? = nil, videoCodecs: [String] = [], audioCodecs: [String] = [],
        isScaled: Bool = false
    ) {
        self.types = types
        self.duration = duration
        self.width = width
        self.height = height
        self.shortSide = shortSide
        self.aspect = aspect
        self.frameRate = frameRate
        self.videoCodecs = videoCodecs
        self.audioCodecs = audioCodecs
        self.isScaled = isScaled
    }
}
