// SPDX-License-Identifier: MIT

package import Foundation

/// What is to be made of a file so that a platform takes it.
package struct MediaConversion: Sendable, Hashable {
    /// A width and a height in pixels.
    package struct Size: Sendable, Hashable, CustomStringConvertible {
        /// The width.
        package var width: Int
        /// The height.
        package var height: Int

        /// Makes a size.
        package init(width: Int, height: Int) {
            self.width = width
            self.height = height
        }

        /// `1080×1920`.
        package var description: String { "\(self.width)×\(self.height)" }
    }

    /// What is done with sound.
    package enum Sound: Sendable, Hashable {
        /// There is none.
        case none
        /// It stays as it is coded.
        case kept
        /// It becomes AAC.
        case aac
    }

    /// What is done with a film beyond its size.
    package struct Film: Sendable, Hashable {
        /// The new coding of the pictures in the words of ffprobe; `nil` when they stay as they are, with their size and rate.
        package var codec: String?
        /// The new number of pictures a second; `nil` when it stays.
        package var frameRate: Double?
        /// What is done with the sound.
        package var sound: Sound
        /// The most bits a second for the pictures; `nil` when nothing limits them.
        package var bitRate: Int?

        /// Makes words for it; what is left out stays.
        package init(codec: String? = nil, frameRate: Double? = nil, sound: Sound, bitRate: Int? = nil) {
            self.codec = codec
            self.frameRate = frameRate
            self.sound = sound
            self.bitRate = bitRate
        }
    }

    /// The MIME type that it becomes.
    package var type: String
    /// The most bytes that it may have.
    package var byteCount: Int64
    /// The size of what is shown.
    package var picture: Size
    /// The size with the bars around it; that of the picture where there are none.
    package var canvas: Size
    /// `nil` for a picture that does not move.
    package var film: Film?

    /// Makes words for it.
    package init(type: String, byteCount: Int64, picture: Size, canvas: Size, film: Film? = nil) {
        self.type = type
        self.byteCount = byteCount
        self.picture = picture
        self.canvas = canvas
        self.film = film
    }
}

/// Makes new files of others.
package protocol MediaConverting: Sendable {
    /// Makes a file for the time of the body.
    ///
    /// - Parameters:
    ///   - path: The original, which stays as it is.
    ///   - type: Its MIME type.
    ///   - conversion: What becomes of it.
    ///   - body: What takes the new file, which is removed afterwards.
    /// - Returns: What the body returns.
    /// - Throws: `MediaError` when it cannot be made, and `CancellationError`.
    func withFile<Value: Sendable>(
        from path: String, type: String, _ conversion: MediaConversion, _ body: (_ file: URL) async throws -> Value
    ) async throws -> Value
}
