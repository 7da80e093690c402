// SPDX-License-Identifier: MIT

/// Which Posthorn this is.
package enum Version {
    /// The version, as semantic versioning has it.
    package static let number = "0.1.0"

    /// What `--version` answers.
    package static let words = "\(Self.name) \(Self.number) (\(Self.build))"
    /// What every version's answer begins with.
    package static let name = "posthorn"

    #if DEBUG
        /// How it was built.
        package static let build = "debug"
    #else
        /// How it was built.
        package static let build = "release"
    #endif
}
