// SPDX-License-Identifier: MIT

import Domain
import FacebookPlugin
import InstagramPlugin
import PluginKit
import Testing
import TikTokPlugin
import XPlugin

@testable import Publishing

@Suite struct MediaPlannerTests {
    private typealias Size = MediaConversion.Size

    private static func picture(_ type: String, _ width: Int, _ height: Int, bytes: Int64 = 100_000) -> MediaItem {
        MediaItem(hash: "a", type: type, byteCount: bytes, facts: MediaFacts(width: width, height: height))
    }

    private static func film(
        _ type: String, _ width: Int, _ height: Int, seconds: Int = 20, rate: Double = 30, codec: String = "h264",
        sound: String? = "aac", bytes: Int64 = 1_000_000
    ) -> MediaItem {
        MediaItem(
            hash: "a", type: type, byteCount: bytes,
            facts: MediaFacts(
                duration: .seconds(seconds), width: width, height: height, frameRate: rate, videoCodec: codec,
                audioCodec: sound))
    }

    private static func plan(
        _ item: MediaItem, _ manifest: PluginManifest, _ format: PostFormat, pad: Bool = false
    ) throws -> MediaConversion? {
        let limits = try #require(manifest.limits(of: format))
        return MediaPlanner(limits: limits, mayPad: pad).conversion(of: item)
    }

    @Test("a file that is taken, one that nobody could look into and one that claims too many pixels stay as they are")
    func untouched() throws {
        let instagram = InstagramPlugin.manifest
        #expect(try Self.plan(Self.picture("image/jpeg", 3000, 3000), instagram, .image) == nil)
        var unknown = Self.picture("image/png", 1, 1)
        unknown.facts = nil
        #expect(try Self.plan(unknown, instagram, .image) == nil)
        #expect(try Self.plan(Self.picture("image/png", 70_000, 70_000), instagram, .image) == nil)
    }

    @Test("a picture gets a type that is taken and stays as large as may be")
    func picture() throws {
        let png = try Self.plan(Self.picture("image/png", 1000, 1000), InstagramPlugin.manifest, .image)
        #expect(
            png
                == MediaConversion(
                    type: "image/jpeg", byteCount: 8_388_608, picture: Size(width: 1000, height: 1000),
                    canvas: Size(width: 1000, height: 1000)))
        let wide = try Self.plan(Self.picture("image/webp", 4000, 2160), TikTokPlugin.manifest, .image)
        #expect(wide?.type == "image/webp" && wide?.canvas == Size(width: 2000, height: 1080))
        let heavy = try Self.plan(Self.picture("image/png", 2000, 1000, bytes: 9_000_000), XPlugin.manifest, .image)
        #expect(heavy?.type == "image/jpeg" && heavy?.byteCount == 5_000_000)
        #expect(heavy?.canvas == Size(width: 2000, height: 1000))
    }

    @Test("bars are put only where they were asked for, and make the shape that is taken")
    func bars() throws {
        let tall = Self.picture("image/jpeg", 900, 1600)
        let instagram = InstagramPlugin.manifest
        let bare = try Self.plan(tall, instagram, .image)
        #expect(bare?.canvas == Size(width: 900, height: 1600), "what is made of it is refused still")
        let padded = try Self.plan(tall, instagram, .image, pad: true)
        #expect(padded?.picture == Size(width: 900, height: 1600) && padded?.canvas == Size(width: 1280, height: 1600))
        let reel = try Self.plan(Self.film("video/mp4", 1080, 1080), FacebookPlugin.manifest, .reel, pad: true)
        #expect(reel?.picture == Size(width: 1080, height: 1080) && reel?.canvas == Size(width: 1080, height: 1920))
    }

    @Test("of a film only what is wrong is coded anew")
    func film() throws {
        let instagram = InstagramPlugin.manifest
        let sound = try Self.plan(Self.film("video/mp4", 1080, 1920, sound: "opus"), instagram, .reel)
        #expect(sound?.film == MediaConversion.Film(sound: .aac))
        let pictures = try Self.plan(Self.film("video/mp4", 1080, 1920, codec: "vp9"), instagram, .reel)
        #expect(pictures?.film?.codec == "h264" && pictures?.film?.sound == .kept)
        let silent = try Self.plan(
            Self.film("video/webm", 1080, 1920, codec: "vp9", sound: nil), instagram, .reel)
        #expect(silent?.type == "video/mp4" && silent?.film?.sound == MediaConversion.Sound.none)
        let slow = try Self.plan(Self.film("video/mp4", 1080, 1920, rate: 15), instagram, .reel)
        #expect(slow?.film?.frameRate == 30 && slow?.film?.codec == "h264")
        let fast = try Self.plan(Self.film("video/mp4", 1080, 1920, rate: 120), instagram, .reel)
        #expect(fast?.film?.frameRate == 60)
        let wide = try Self.plan(Self.film("video/mp4", 3841, 2161), instagram, .reel)
        #expect(wide?.canvas == Size(width: 1920, height: 1080))
    }

    @Test("a film that is too large gets the bits that its length leaves; one that would be mush is left to a person")
    func bits() throws {
        let heavy = try #require(
            try Self.plan(
                Self.film("video/mp4", 1080, 1920, seconds: 100, bytes: 400_000_000), InstagramPlugin.manifest, .reel))
        let bits = try #require(heavy.film?.bitRate)
        #expect(Double(bits + 128_000) * 100 / 8 < 314_572_800 && bits > 20_000_000)
        let limits = FormatLimits(format: .video, textLength: 1, media: 1...1, mediaTypes: ["video/mp4": 1_000_000])
        let long = Self.film("video/mp4", 1080, 1920, seconds: 600, bytes: 2_000_000)
        #expect(MediaPlanner(limits: limits, mayPad: true).conversion(of: long) == nil)
    }

    @Test("a GIF becomes a film where films are taken, and never a picture that stands still")
    func gif() throws {
        var item = Self.film("image/gif", 600, 1000, rate: 10, codec: "gif", sound: nil)
        item.type = "image/gif"
        let reel = try Self.plan(item, InstagramPlugin.manifest, .reel)
        #expect(reel?.type == "video/mp4" && reel?.film?.codec == "h264" && reel?.film?.frameRate == 30)
        #expect(try Self.plan(item, TikTokPlugin.manifest, .image) == nil)
    }
}
