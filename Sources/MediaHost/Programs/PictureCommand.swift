// SPDX-License-Identifier: MIT

import Foundation
import Publishing

/// What libvips is told to make a picture: upright, in sRGB, without what a camera noted beside it.
struct PictureCommand {
    var conversion: MediaConversion
    /// Of a hundred; PNG has none.
    var quality: Int
    /// By how much it is smaller than asked for.
    var scale: Double
    var folder: URL

    /// The finished picture.
    var output: URL { self.folder.appendingPathComponent("picture.\(self.ending)") }

    private var ending: String {
        switch self.conversion.type {
        case "image/png": "png"
        case "image/webp": "webp"
        default: "jpg"
        }
    }

    /// The finished picture with what its kind is told: what shows through becomes white where nothing may.
    private var saved: String {
        let options =
            switch self.conversion.type {
            case "image/png": "strip,compression=6"
            case "image/webp": "strip,Q=\(self.quality)"
            default: "strip,optimize_coding,background=255,Q=\(self.quality)"
            }
        return "\(self.output.path)[\(options)]"
    }

    private var hasBars: Bool { self.conversion.picture != self.conversion.canvas }
    private var inner: URL { self.folder.appendingPathComponent("inner.png") }

    private func scaled(_ size: MediaConversion.Size) -> MediaConversion.Size {
        func side(_ pixels: Int) -> Int { max(1, Int((Double(pixels) * self.scale).rounded())) }
        return MediaConversion.Size(width: side(size.width), height: side(size.height))
    }

    /// The arguments of `vipsthumbnail`.
    func thumbnail(of path: String) -> [String] {
        let size = self.scaled(self.conversion.picture)
        return [
            path, "--size", "\(size.width)x\(size.height)!", "--export-profile", "srgb", "-o",
            self.hasBars ? "\(self.inner.path)[compression=1]" : self.saved,
        ]
    }

    /// The arguments of `vips` that put white bars around it; `nil` without.
    var bars: [String]? {
        guard self.hasBars else { return nil }
        let size = self.scaled(self.conversion.canvas)
        return [
            "gravity", self.inner.path, self.saved, "centre", "\(size.width)", "\(size.height)", "--extend", "white",
        ]
    }
}
