// SPDX-License-Identifier: MIT

/// Why the simulator cannot start, or cannot use what it was given.
package struct SimulatorError: Error, Sendable, CustomStringConvertible {
    /// What kind of trouble it is.
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Base: String { case portTaken, cannotListen, invalidFaults, invalidInput, stateFile, recordFile }
        private let base: Base
        private init(_ base: Base) { self.base = base }

        /// Another program listens on the wanted port.
        package static var portTaken: Self { .init(.portTaken) }
        /// The address cannot be listened on for another reason.
        package static var cannotListen: Self { .init(.cannotListen) }
        /// A fault rule, or the file of them, cannot be used.
        package static var invalidFaults: Self { .init(.invalidFaults) }
        /// What was sent to an admin endpoint cannot be used.
        package static var invalidInput: Self { .init(.invalidInput) }
        /// The state file cannot be read or written.
        package static var stateFile: Self { .init(.stateFile) }
        /// The file for requests cannot be written.
        package static var recordFile: Self { .init(.recordFile) }

        /// The code's name.
        package var description: String { self.base.rawValue }
    }

    /// What kind of trouble it is.
    package var code: Code
    /// What is wrong, where, and how to put it right.
    package var message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    package var description: String { self.message }
}
