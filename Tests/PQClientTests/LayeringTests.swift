// SPDX-License-Identifier: MIT

import Foundation
import Testing

@Suite
struct LayeringTests {
    @Test("only PQClient imports libpq")
    func onlyHere() throws {
        // The build's own check does not see system libraries (docs/decisions/0005).
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        var offenders: [String] = []
        var seen = 0
        for folder in ["Sources", "plugins", "Tests"] {
            let files = FileManager.default.enumerator(
                at: root.appendingPathComponent(folder), includingPropertiesForKeys: nil)
            while let file = files?.nextObject() as? URL {
                guard file.pathExtension == "swift" else { continue }
                seen += 1
                // A file that went away while the folder was read imports nothing.
                guard let text = try? String(contentsOf: file, encoding: .utf8) else { continue }
                let imports = text.split(separator: "\n").filter { $0.hasSuffix("import CLibPQ") }
                guard !imports.isEmpty, !file.path.hasPrefix(root.path + "/Sources/PQClient/") else { continue }
                offenders.append(file.path)
            }
        }
        #expect(offenders == [])
        #expect(seen > 20)
    }
}
