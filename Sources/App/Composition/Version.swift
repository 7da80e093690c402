// SPDX-License-Identifier: MIT

/// Which Posthorn this is.
package enum Version {
    /// The version, as semantic versioning has it.
    package static let number = "0.1.0"

    #if DEBUG
        /// How it was built.
        package static let build = "debug"
    #else
        /// How it was built.
        package static let build = "release"
    #endif
}
