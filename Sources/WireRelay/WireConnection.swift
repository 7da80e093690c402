// SPDX-License-Identifier: MIT

import Foundation
import Glibc
import Synchronization

/// Two sockets and the two threads between them.
final class WireConnection: Sendable {
    private let client: Int32
    private let server: Int32
    private let number: Int
    private let judge: WireRelay.Judge
    private let isSilent = Atomic(false)
    private let running = Atomic(2)
    private let isClosed = Mutex(false)

    init(client: Int32, server: Int32, number: Int, judge: @escaping WireRelay.Judge) {
        self.client = client
        self.server = server
        self.number = number
        self.judge = judge
    }

    func start(whenDone: @escaping @Sendable () -> Void) {
        WireSocket.sendAtOnce(self.client)
        WireSocket.sendAtOnce(self.server)
        for direction in WireMessage.Direction.allCases {
            Thread.detachNewThread {
                if direction == .toClient || self.passGreeting() { self.pump(direction) }
                self.cut()
                guard self.running.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return }
                self.close()
                whenDone()
            }
        }
    }

    /// Ends the traffic; nothing once the sockets are closed, whose numbers may then be others'.
    func cut() {
        self.isClosed.withLock { isClosed in
            guard !isClosed else { return }
            shutdown(self.client, Int32(SHUT_RDWR))
            shutdown(self.server, Int32(SHUT_RDWR))
        }
    }

    private func close() {
        self.isClosed.withLock { isClosed in
            isClosed = true
            Glibc.close(self.client)
            Glibc.close(self.server)
        }
    }

    /// The first message: a length and a code; asked for encryption, the answer is no.
    private func passGreeting() -> Bool {
        while true {
            guard let head = WireSocket.read(self.client, 8) else { return false }
            let (length, code) = (WireSocket.number(head, at: 0), WireSocket.number(head, at: 4))
            if code == 80_877_103 || code == 80_877_104 {
                guard WireSocket.write(self.client, [UInt8(ascii: "N")]) else { return false }
                continue
            }
            guard let rest = WireSocket.read(self.client, length - 8) else { return false }
            return self.forward(head + rest, "^", .toServer)
        }
    }

    private func pump(_ direction: WireMessage.Direction) {
        let source = direction == .toServer ? self.client : self.server
        while let head = WireSocket.read(source, 5) {
            guard let rest = WireSocket.read(source, WireSocket.number(head, at: 1) - 4) else { return }
            guard self.forward(head + rest, Character(UnicodeScalar(head[0])), direction) else { return }
        }
    }

    /// Says whether the connection goes on.
    private func forward(_ bytes: [UInt8], _ type: Character, _ direction: WireMessage.Direction) -> Bool {
        let status = type == "Z" && bytes.count > 5 ? Character(UnicodeScalar(bytes[5])) : nil
        switch self.judge(
            WireMessage(direction: direction, type: type, connection: self.number, status: status))
        {
        case .pass: break
        case .cut: return false
        case .swallow: return true
        case .silence: self.isSilent.store(true, ordering: .sequentiallyConsistent)
        }
        if self.isSilent.load(ordering: .sequentiallyConsistent) { return true }
        return WireSocket.write(direction == .toServer ? self.server : self.client, bytes)
    }
}
