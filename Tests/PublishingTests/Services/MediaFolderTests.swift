// SPDX-License-Identifier: MIT

import Crypto
import Foundation
import Testing

@testable import Publishing

@Suite("The folder of media")
struct MediaFolderTests {
    private static func with(_ body: (URL) async throws -> Void) async throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("posthorn-folder-\(UUID())")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(url))
        } catch {
            result = .failure(error)
        }
        try FileManager.default.removeItem(at: url)
        try result.get()
    }

    private static func hash(_ data: Data) -> String {
        SHA256.hash(data: data).map { String(format: "%02x", $0) }.joined()
    }

    private static func age(_ url: URL, hours: Double) throws {
        try FileManager.default.setAttributes(
            [.modificationDate: Date().addingTimeInterval(-hours * 3600)], ofItemAtPath: url.path)
    }

    @Test("a file that changed since it was read is not stored under what it was")
    func changed() async throws {
        try await Self.with { url in
            let file = url.appendingPathComponent("film.mp4")
            try Data("half of it".utf8).write(to: file)
            let hash = Self.hash(Data("half of it".utf8))
            try Data("half of it, and more".utf8).write(to: file)
            let folder = MediaFolder(url: url.appendingPathComponent("store"))
            let error = #expect(throws: MediaError.self) {
                try folder.adopt(file, as: hash, named: "film.mp4", isOurs: false)
            }
            #expect("\(try #require(error))".contains("film.mp4 changes while it is read"))
            #expect(folder.size(of: hash) == nil)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).allSatisfy { $0.count == 2 })
            let now = Self.hash(try Data(contentsOf: file))
            #expect(
                try Data(contentsOf: URL(fileURLWithPath: folder.adopt(file, as: now, named: "", isOurs: false))).count
                    == 20)
        }
    }

    @Test("a machine that only plans keeps no more copies than it may, however they came", arguments: [false, true])
    func room(isOurs: Bool) async throws {
        try await Self.with { url in
            let folder = MediaFolder(url: url.appendingPathComponent("copies"), limit: 250)
            var hashes: [String] = []
            for number in 0..<6 {
                let data = Data(repeating: UInt8(number), count: 100)
                let file = url.appendingPathComponent("file-\(number)")
                try data.write(to: file)
                hashes.append(Self.hash(data))
                let path = try folder.adopt(file, as: Self.hash(data), named: "", isOurs: isOurs)
                // Each was used a day after the one before.
                try Self.age(URL(fileURLWithPath: path), hours: Double(6 - number) * 24)
            }
            let kept = hashes.filter { folder.size(of: $0) != nil }
            #expect(kept == Array(hashes.suffix(2)), "\(kept.count)")
        }
    }

    @Test("what a killed process left behind is removed a day later, and nothing that is still written to")
    func leftovers() async throws {
        try await Self.with { url in
            let folder = MediaFolder(url: url)
            let names = ["incoming-1", "partial-2", "making-3", "incoming-4", "making-5", "keep-6"]
            for name in names {
                let place = url.appendingPathComponent(name)
                if name.hasPrefix("making") {
                    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
                    try Data("x".utf8).write(to: place.appendingPathComponent("film"))
                    // A film is written to for long after its folder was made.
                    if name == "making-3" { try Self.age(place.appendingPathComponent("film"), hours: 48) }
                } else {
                    try Data("x".utf8).write(to: place)
                }
                if name != "incoming-4" { try Self.age(place, hours: 48) }
            }
            let data = Data("new".utf8)
            _ = try await folder.write(Self.hash(data), byteCount: 3) { write in try await write(data) }
            let left = Set(try FileManager.default.contentsOfDirectory(atPath: url.path))
            #expect(left.intersection(names) == ["incoming-4", "making-5", "keep-6"], "\(left)")
        }
    }
}
