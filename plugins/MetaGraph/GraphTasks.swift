// SPDX-License-Identifier: MIT

/// What a person or system user may do on a Page, as the list of their Pages says.
package enum GraphTasks {
    /// The task that publishing wants, on the Page and on the Instagram account that is linked to it.
    package static let publishing = "CREATE_CONTENT"

    /// The tasks that hold it; those of new Pages have a name of their own.
    private static let sufficient: Set<String> = [
        publishing, "PROFILE_PLUS_CREATE_CONTENT", "PROFILE_PLUS_FULL_CONTROL",
    ]

    /// What publishing lacks.
    ///
    /// - Parameter tasks: The tasks; `nil` or none when Graph did not say.
    /// - Returns: The tasks that are missing.
    package static func missing(in tasks: [String]?) -> [String] {
        guard let tasks, !tasks.isEmpty, self.sufficient.isDisjoint(with: tasks) else { return [] }
        return [self.publishing]
    }
}
