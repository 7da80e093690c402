// SPDX-License-Identifier: MIT

/// Whether files that a platform would refuse may be made to fit it.
package enum Transcoding: Sendable, Hashable {
    /// Nobody asked for it; who could have asked is told when it would help.
    case offered
    /// Yes: type, coding, rate and size.
    case fit
    /// Yes, also with bars around what has another shape.
    case pad
}
