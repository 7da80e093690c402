// SPDX-License-Identifier: MIT

import Foundation

/// A small picture, drawn and written as PNG (RFC 2083) without any library.
struct DemoPicture: Sendable {
    /// The number that decides colours and shapes.
    var seed: UInt64
    /// The width in pixels.
    var width = 160
    /// The height in pixels.
    var height = 90

    /// The file's bytes.
    var png: Data {
        var data = Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        let header = Self.bytes(UInt32(self.width)) + Self.bytes(UInt32(self.height)) + [8, 2, 0, 0, 0]
        data += Self.chunk("IHDR", header)
        data += Self.chunk("IDAT", Self.stored(self.pixels))
        data += Self.chunk("IEND", [])
        return data
    }

    /// Lines of RGB, each after its filter byte 0: a sky, a sun, waves.
    private var pixels: [UInt8] {
        var generator = SeededGenerator(seed: self.seed)
        func colour() -> [Double] { (0..<3).map { _ in Double.random(in: 40...235, using: &generator) } }
        let (top, bottom, sun, sea) = (colour(), colour(), colour(), colour())
        let centre = Double.random(in: 0.2...0.8, using: &generator) * Double(self.width)
        let phase = Double.random(in: 0...6, using: &generator)
        var out: [UInt8] = []
        out.reserveCapacity((self.width * 3 + 1) * self.height)
        for y in 0..<self.height {
            out.append(0)
            let depth = Double(y) / Double(self.height)
            for x in 0..<self.width {
                let wave = 0.68 + 0.03 * sin(Double(x) / 9 + phase) + 0.02 * sin(Double(x) / 4)
                let distance = hypot(Double(x) - centre, Double(y) - Double(self.height) * 0.4)
                for channel in 0..<3 {
                    let sky = top[channel] + (bottom[channel] - top[channel]) * depth
                    let value = depth > wave ? sea[channel] * (1.6 - depth) : distance < 15 ? sun[channel] : sky
                    out.append(UInt8(min(255, max(0, value))))
                }
            }
        }
        return out
    }

    /// A zlib stream (RFC 1950) of stored blocks: larger than compressed, and simple.
    private static func stored(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = [0x78, 0x01]
        var start = 0
        while start < bytes.count {
            let count = min(65_535, bytes.count - start)
            let isLast = start + count == bytes.count
            out.append(isLast ? 1 : 0)
            out += [UInt8(count & 0xFF), UInt8(count >> 8), UInt8(~count & 0xFF), UInt8((~count >> 8) & 0xFF)]
            out += bytes[start..<start + count]
            start += count
        }
        var (low, high): (UInt32, UInt32) = (1, 0)
        for byte in bytes {
            low = (low + UInt32(byte)) % 65_521
            high = (high + low) % 65_521
        }
        return out + Self.bytes(high << 16 | low)
    }

    private static func chunk(_ type: String, _ body: [UInt8]) -> [UInt8] {
        let named = Array(type.utf8) + body
        return Self.bytes(UInt32(body.count)) + named + Self.bytes(Self.checksum(named))
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var sum: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? (sum >> 1) ^ 0xEDB8_8320 : sum >> 1 }
        }
        return ~sum
    }

    private static func bytes(_ value: UInt32) -> [UInt8] {
        [UInt8(value >> 24), UInt8(value >> 16 & 0xFF), UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF)]
    }
}
