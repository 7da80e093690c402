// SPDX-License-Identifier: MIT

import PluginKit
import Publishing

/// What vipsheader says of a picture: a line for each property, the size first.
enum PictureAnswer {
    static func facts(_ text: String) throws -> MediaFacts {
        var found: [Substring: Int] = [:]
        for line in text.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let name = line[..<colon]
            // What comes first is the library's; what follows may come out of the file.
            guard ["width", "height", "orientation"].contains(name), found[name] == nil else { continue }
            found[name] = Int(line[line.index(after: colon)...].drop { $0 == " " })
        }
        guard let width = found["width"], let height = found["height"], width > 0, height > 0 else {
            throw MediaProbeError.unreadable("it has no size")
        }
        // From 5 on, the camera was held upright.
        let isTurned = (5...8).contains(found["orientation"] ?? 1)
        return MediaFacts(width: isTurned ? height : width, height: isTurned ? width : height)
    }
}
