// SPDX-License-Identifier: MIT

import Foundation

/// Who owns a file or folder, and who may do what with it; a link is not followed.
struct FileOwnership {
    var userID: UInt32
    var groupID: UInt32
    /// The permission bits.
    var mode: Int
    var isFolder: Bool

    /// Looks at a path; `nil` when there is nothing or it cannot be looked at.
    init?(_ path: String) {
        guard let facts = try? FileManager.default.attributesOfItem(atPath: path),
            let owner = (facts[.ownerAccountID] as? NSNumber)?.uint32Value,
            let group = (facts[.groupOwnerAccountID] as? NSNumber)?.uint32Value,
            let mode = (facts[.posixPermissions] as? NSNumber)?.intValue
        else { return nil }
        self.userID = owner
        self.groupID = group
        self.mode = mode
        self.isFolder = facts[.type] as? FileAttributeType == .typeDirectory
    }
}
