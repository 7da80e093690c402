// SPDX-License-Identifier: MIT

/// One message between libpq and PostgreSQL that passed or was to pass.
package struct WireMessage: Sendable, Hashable {
    /// Which way a message goes.
    package enum Direction: String, Sendable, CaseIterable {
        case toServer, toClient
    }

    /// Which way it goes.
    package var direction: Direction
    /// The type byte of the protocol, such as `Q` or `Z`; `^` for the first message of a client.
    package var type: Character
    /// The connection's number, from 0.
    package var connection: Int
    /// What a server that is ready again (`Z`) says of itself: `I` outside of a transaction, `T` inside one, `E` inside a failed one.
    package var status: Character?

    /// Describes a message.
    package init(direction: Direction, type: Character, connection: Int, status: Character? = nil) {
        self.direction = direction
        self.type = type
        self.connection = connection
        self.status = status
    }
}

/// What becomes of a message.
package enum WireVerdict: Sendable, Hashable {
    /// It goes on.
    case pass
    /// Both sides see the end of the connection; the message reaches nobody.
    case cut
    /// It reaches nobody; the connection goes on.
    case swallow
    /// It and all that come after it, both ways, reach nobody; the connection stays open.
    case silence
}

/// Why a relay cannot be had.
package struct WireError: Error, Sendable, CustomStringConvertible {
    /// What happened.
    package var description: String

    init(_ description: String) { self.description = description }
}
