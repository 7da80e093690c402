// SPDX-License-Identifier: MIT

import Foundation

/// One process a folder.
///
/// The kernel lets go of it when the process dies, however it dies.
package struct FolderLock: ~Copyable {
    private let descriptor: Int32

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit {
        // Released by name: a process that is just being forked may hold a copy of the descriptor for a moment.
        _ = Self.control(self.descriptor, Self.setLock, F_UNLCK)
        close(self.descriptor)
    }

    /// Takes the lock, or says that another process has it.
    ///
    /// - Parameters:
    ///   - path: the lock's file, made when missing and never removed.
    ///   - what: what the other process is, for the message.
    /// - Returns: the lock, held until the value ends.
    /// - Throws: ``CommandError`` with exit code 73 when another process has it, 77 when the file cannot be made.
    package static func acquire(_ path: String, what: String) throws -> FolderLock {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw CommandError(
                .notPermitted, "cannot write \(path)", details: [String(cString: strerror(errno))],
                remedy: "run the command in a folder you may write to")
        }
        guard Self.control(descriptor, Self.setLock) else {
            var bytes = [UInt8](repeating: 0, count: 32)
            let count = max(0, pread(descriptor, &bytes, bytes.count, 0))
            close(descriptor)
            let owner = String(decoding: bytes.prefix(count), as: UTF8.self).trimmingCharacters(
                in: .whitespacesAndNewlines)
            throw CommandError(
                .conflict, "\(what) already runs in this folder\(owner.isEmpty ? "" : " (process \(owner))")",
                details: [path], remedy: "use what runs, stop it first, or work in another folder")
        }
        let text = Array("\(getpid())\n".utf8)
        ftruncate(descriptor, 0)
        _ = pwrite(descriptor, text, text.count, 0)
        return FolderLock(descriptor: descriptor)
    }

    /// Whether a process has the lock; asking takes nothing away from anybody.
    package static func isHeld(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return !Self.control(descriptor, Self.getLock)
    }

    private static func control(_ descriptor: Int32, _ command: Int32, _ type: Int32 = F_WRLCK) -> Bool {
        var lock = flock()
        lock.l_type = Int16(type)
        lock.l_whence = Int16(SEEK_SET)
        let result = fcntl(descriptor, command, &lock)
        return result == 0 && (command == Self.setLock || lock.l_type == Int16(F_UNLCK))
    }

    // Locks of the open file, not of the process (`F_OFD_GETLK`, `F_OFD_SETLK` of <fcntl.h>): closing another descriptor of the
    // same file does not release them.
    private static let getLock: Int32 = 36
    private static let setLock: Int32 = 37
}
