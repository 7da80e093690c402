// SPDX-License-Identifier: MIT

import Foundation

/// An address of the Internet Protocol, and whether it is one of the public network.
package struct NetworkAddress: Sendable, Hashable, CustomStringConvertible {
    /// Four or sixteen bytes.
    package let bytes: [UInt8]
    /// As it is written.
    package let description: String

    /// Reads an address as it is written, without brackets and without a zone.
    package init?(_ text: String) {
        var four = [UInt8](repeating: 0, count: 4)
        var sixteen = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &four) == 1 {
            self.bytes = four
        } else if inet_pton(AF_INET6, text, &sixteen) == 1 {
            self.bytes = sixteen
        } else {
            return nil
        }
        self.description = text
    }

    /// Whether it is this machine's own.
    package var isLoopback: Bool {
        if self.bytes.count == 4 { return self.bytes[0] == 127 }
        if let four = self.mapped { return four[0] == 127 }
        return self.bytes == [UInt8](repeating: 0, count: 15) + [1]
    }

    /// Whether it is reachable from everywhere: no private, local, shared, documentation, transition or multicast address (RFC 6890),
    /// and none of a cloud's own services.
    package var isPublic: Bool {
        if self.bytes.count == 4 { return Self.isPublic(self.bytes) }
        if let four = self.mapped { return Self.isPublic(four) }
        // All that is given out to the world begins with 001.
        guard self.bytes[0] & 0xE0 == 0x20 else { return false }
        return !Self.special6.contains { Self.holds($0.0, $0.1, self.bytes) }
    }

    /// The address of the fourth version that this one stands for.
    private var mapped: [UInt8]? {
        guard self.bytes.count == 16, self.bytes[..<10].allSatisfy({ $0 == 0 }), self.bytes[10...11] == [0xFF, 0xFF]
        else { return nil }
        return Array(self.bytes[12...])
    }

    private static func isPublic(_ four: [UInt8]) -> Bool { !Self.special4.contains { Self.holds($0.0, $0.1, four) } }

    private static func holds(_ prefix: [UInt8], _ bits: Int, _ address: [UInt8]) -> Bool {
        for index in 0..<((bits + 7) / 8) {
            let mask: UInt8 = bits - index * 8 >= 8 ? 0xFF : ~(0xFF >> UInt8(bits - index * 8))
            let wanted = index < prefix.count ? prefix[index] : 0
            if address[index] & mask != wanted & mask { return false }
        }
        return true
    }

    private static let special4: [([UInt8], Int)] = [
        ([0], 8), ([10], 8), ([100, 64], 10), ([127], 8), ([169, 254], 16), ([172, 16], 12), ([192, 0, 0], 24),
        ([192, 0, 2], 24), ([192, 88, 99], 24), ([192, 168], 16), ([198, 18], 15), ([198, 51, 100], 24),
        ([203, 0, 113], 24), ([224], 4), ([240], 4),
        // Where Azure's machines find their host.
        ([168, 63, 129, 16], 32),
    ]

    private static let special6: [([UInt8], Int)] = [
        // Protocols' own (Teredo too), documentation, 6to4: the last carries an address of the fourth version to anywhere.
        ([0x20, 0x01], 23), ([0x20, 0x01, 0x0D, 0xB8], 32), ([0x20, 0x02], 16), ([0x3F, 0xFF], 20),
    ]
}
