// SPDX-License-Identifier: MIT

package import Foundation

/// MIME types by a file's first bytes.
package enum MediaType {
    /// The type of a file that begins like this, when it is one that is taken; 64 bytes are enough.
    package static func sniff(_ head: Data) -> String? {
        let bytes = [UInt8](head)
        func has(_ prefix: [UInt8], at offset: Int = 0) -> Bool {
            bytes.count >= offset + prefix.count && Array(bytes[offset..<(offset + prefix.count)]) == prefix
        }
        if has([0xFF, 0xD8, 0xFF]) { return "image/jpeg" }
        if has([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return "image/png" }
        if has(Array("GIF87a".utf8)) || has(Array("GIF89a".utf8)) { return "image/gif" }
        if has(Array("BM".utf8)), bytes.count >= 26 { return "image/bmp" }
        if has([0x49, 0x49, 0x2A, 0x00]) || has([0x4D, 0x4D, 0x00, 0x2A]) { return "image/tiff" }
        // Matroska's head names its kind within the first bytes.
        if has([0x1A, 0x45, 0xDF, 0xA3]), head.range(of: Data("webm".utf8)) != nil { return "video/webm" }
        if has(Array("RIFF".utf8)) && has(Array("WEBP".utf8), at: 8) { return "image/webp" }
        if has(Array("ftypqt".utf8), at: 4) { return "video/quicktime" }
        if has(Array("ftyp".utf8), at: 4) { return "video/mp4" }
        return nil
    }
}
