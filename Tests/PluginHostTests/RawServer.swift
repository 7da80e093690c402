// SPDX-License-Identifier: MIT

import Foundation
import Synchronization

/// A TCP server on loopback whose connections are handled by a blocking function, so that a test says byte by byte what happens.
final class RawServer: Sendable {
    /// One accepted connection.
    struct Connection: Sendable {
        /// The number of the connection, from 0.
        let number: Int
        let descriptor: Int32

        /// Reads up to the end of a request's head and body; `nil` when the other side closed first.
        func readRequest() -> String? {
            var bytes: [UInt8] = []
            while true {
                if let text = String(bytes: bytes, encoding: .utf8), let end = text.range(of: "\r\n\r\n") {
                    let head = text[..<end.lowerBound].lowercased()
                    var length = 0
                    for line in head.split(separator: "\r\n") where line.hasPrefix("content-length:") {
                        length = Int(line.dropFirst(15).filter(\.isNumber)) ?? 0
                    }
                    if text[end.upperBound...].utf8.count >= length { return text }
                }
                guard let more = self.read() else { return nil }
                bytes += more
            }
        }

        /// Reads some bytes.
        func read() -> [UInt8]? {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = recv(self.descriptor, &buffer, buffer.count, 0)
            return count > 0 ? Array(buffer[..<count]) : nil
        }

        func write(_ text: String) {
            let bytes = Array(text.utf8)
            _ = send(self.descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        }

        func answer(_ status: String = "200 OK", headers: [String] = [], _ body: String = "") {
            let lines = ["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)"] + headers
            self.write(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
        }

        /// Makes the next close a reset instead of a proper end.
        func reset() {
            var option = linger(l_onoff: 1, l_linger: 0)
            setsockopt(self.descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        }

        /// Waits until the other side closes.
        func awaitClose() { while self.read() != nil {} }
    }

    let port: Int
    private let listener: Int32
    private let accepted = Mutex(0)
    private let received = Mutex<[String]>([])

    /// How many connections were accepted.
    var connections: Int { self.accepted.withLock { $0 } }
    /// The requests that handlers noted.
    var requests: [String] { self.received.withLock { $0 } }

    func note(_ request: String?) { if let request { self.received.withLock { $0.append(request) } } }

    /// Starts to listen; every connection gets a thread that runs the handler and then closes.
    init(_ handle: @escaping @Sendable (RawServer, Connection) -> Void) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                precondition(bind(descriptor, raw, length) == 0)
                precondition(listen(descriptor, 64) == 0)
                precondition(getsockname(descriptor, raw, &length) == 0)
            }
        }
        self.listener = descriptor
        self.port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [weak self] in
            while true {
                let client = accept(descriptor, nil, nil)
                guard client >= 0 else {
                    // Closed here alone, so that the number is never another socket's while this thread uses it.
                    close(descriptor)
                    return
                }
                guard let self else {
                    close(client)
                    return
                }
                let number = self.accepted.withLock { count in
                    defer { count += 1 }
                    return count
                }
                Thread.detachNewThread {
                    handle(self, Connection(number: number, descriptor: client))
                    close(client)
                }
            }
        }
    }

    /// Stops to listen.
    func stop() { shutdown(self.listener, Int32(SHUT_RDWR)) }
}
