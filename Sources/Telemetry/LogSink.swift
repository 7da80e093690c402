// SPDX-License-Identifier: MIT

import Foundation
import Synchronization

/// Where finished log lines go: one write a line, so that lines of several tasks never mix.
package protocol LogSink: Sendable {
    /// Takes one line, its line break included.
    func write(_ line: [UInt8])
}

/// A file descriptor as a sink.
///
/// What the other side does not take is dropped: logging never stops the work.
package struct DescriptorSink: LogSink {
    private let descriptor: Int32

    /// Standard output.
    package static let standardOutput = DescriptorSink(descriptor: STDOUT_FILENO)
    /// Standard error.
    package static let standardError = DescriptorSink(descriptor: STDERR_FILENO)

    /// Writes to an open descriptor, which stays its owner's.
    package init(descriptor: Int32) { self.descriptor = descriptor }

    package func write(_ line: [UInt8]) {
        line.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count {
                let written = Foundation.write(
                    self.descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
                if written < 0, errno == EINTR { continue }
                guard written > 0 else { return }
                offset += written
            }
        }
    }
}

/// Lines kept in memory, for tests.
package final class MemorySink: LogSink {
    private let state = Mutex<[String]>([])

    /// Makes an empty sink.
    package init() {}

    /// What was written, a line each, without the line breaks.
    package var lines: [String] { self.state.withLock { $0 } }

    package func write(_ line: [UInt8]) {
        let isEnded = line.last == UInt8(ascii: "\n")
        let text = String(decoding: isEnded ? line.dropLast() : line[...], as: UTF8.self)
        self.state.withLock { $0.append(text) }
    }
}
