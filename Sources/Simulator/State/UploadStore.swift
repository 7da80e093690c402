// SPDX-License-Identifier: MIT

import Foundation
import Synchronization

/// Uploaded files on disk, the oldest thrown away when they grow too many.
final class UploadStore: Sendable {
    fileprivate struct Index {
        var parts: [String: Set<Int>] = [:]
        var sizes: [String: Int] = [:]
        var order: [String] = []
        var total = 0
    }

    private let folder: URL
    private let isTemporary: Bool
    private let limit: Int
    private let index = Mutex(Index())

    /// Makes a store in a folder, or in a temporary one of its own; files that lie there already are found again.
    ///
    /// - Throws: ``SimulatorError`` when the folder cannot be made.
    init(folder path: String?, limit: Int) throws {
        self.limit = limit
        self.isTemporary = path == nil
        let temporary = FileManager.default.temporaryDirectory
        self.folder =
            path.map { URL(fileURLWithPath: $0) }
            ?? temporary.appendingPathComponent("posthorn-uploads-\(UUID().uuidString)")
        do {
            try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
        } catch {
            throw SimulatorError(
                .stateFile, "The folder \(self.folder.path) for uploads cannot be made: \(error.localizedDescription).")
        }
        // A folder that cannot be listed has nothing to find again.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: self.folder.path)) ?? []
        for name in names.sorted() {
            guard let dot = name.lastIndex(of: "."), let part = Int(name[name.index(after: dot)...]) else { continue }
            // A file without a size counts as empty.
            let size = try? FileManager.default.attributesOfItem(atPath: self.path(name))[.size] as? Int
            self.index.withLock { $0.note(String(name[..<dot]), part, size ?? 0) }
        }
    }

    private func path(_ name: String) -> String { self.folder.appendingPathComponent(name).path }

    /// Keeps a part of a file; what cannot be written is missing from the feed page and nowhere else.
    func keep(_ upload: Call.Upload) {
        guard
            FileManager.default.createFile(
                atPath: self.path("\(upload.id).\(upload.part)"), contents: Data(upload.bytes))
        else {
            return
        }
        let surplus = self.index.withLock { index in
            index.note(upload.id, upload.part, upload.bytes.count)
            return index.trim(to: self.limit, sparing: upload.id)
        }
        for name in surplus {
            // A file that is gone already need not be removed.
            try? FileManager.default.removeItem(atPath: self.path(name))
        }
    }

    /// The whole file, or `nil` when it is not kept.
    func read(_ id: String) -> [UInt8]? {
        let parts = self.index.withLock { $0.parts[id].map { $0.sorted() } }
        guard let parts else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            guard let data = FileManager.default.contents(atPath: self.path("\(id).\(part)")) else { return nil }
            bytes.append(contentsOf: data)
        }
        return bytes
    }

    /// Throws everything away; the folder too, if it was a temporary one and this is the end.
    func clear(isEnd: Bool) {
        let names = self.index.withLock { index in
            defer { index = Index() }
            return index.trim(to: -1, sparing: nil)
        }
        // What is gone already need not be removed.
        for name in names { try? FileManager.default.removeItem(atPath: self.path(name)) }
        if isEnd, self.isTemporary { try? FileManager.default.removeItem(at: self.folder) }
    }

    /// Clears up at the end: a temporary folder goes, a lasting one stays.
    func close() {
        if self.isTemporary { self.clear(isEnd: true) }
    }
}

extension UploadStore.Index {
    fileprivate mutating func note(_ id: String, _ part: Int, _ size: Int) {
        if self.parts[id] == nil { self.order.append(id) }
        self.parts[id, default: []].insert(part)
        self.sizes[id, default: 0] += size
        self.total += size
    }

    /// Forgets the oldest files until the total fits; returns the names to remove.
    fileprivate mutating func trim(to limit: Int, sparing id: String?) -> [String] {
        var names: [String] = []
        while self.total > limit, let oldest = self.order.first, oldest != id {
            self.order.removeFirst()
            names += (self.parts.removeValue(forKey: oldest) ?? []).map { "\(oldest).\($0)" }
            self.total -= self.sizes.removeValue(forKey: oldest) ?? 0
        }
        return names
    }
}
