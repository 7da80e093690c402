// SPDX-License-Identifier: MIT

/// Why the console cannot be served.
package struct ConsoleError: Error, Sendable, CustomStringConvertible {
    /// What kind of trouble it is.
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Base: String { case portTaken, cannotListen }
        private let base: Base
        private init(_ base: Base) { self.base = base }

        /// Another program listens on the wanted port.
        package static var portTaken: Self { .init(.portTaken) }
        /// The address cannot be listened on for another reason.
        package static var cannotListen: Self { .init(.cannotListen) }

        /// The code's name.
        package var description: String { self.base.rawValue }
    }

    /// What kind of trouble it is.
    package var code: Code
    /// What is wrong.
    package var message: String
    /// How to put it right.
    package var remedy: String

    init(_ code: Code, _ message: String, remedy: String) {
        self.code = code
        self.message = message
        self.remedy = remedy
    }

    /// The message.
    package var description: String { self.message }
}
