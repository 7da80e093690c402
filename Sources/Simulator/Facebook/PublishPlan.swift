// SPDX-License-Identifier: MIT

/// When a post of a Page is to be seen.
struct PublishPlan: Sendable {
    /// `false` for what stays unpublished, at once or until its time.
    var isPublished: Bool
    var scheduledAt: WorldTime?

    /// Whether people will see it.
    var isVisible: Bool { self.isPublished || self.scheduledAt != nil }

    /// Reads `published`, `scheduled_publish_time` and `unpublished_content_type`.
    ///
    /// The documentation gives several latest times; the simulator takes 30 days for posts and 29 for reels, which is
    /// uncertain.
    ///
    /// - Throws: ``GraphRefusal`` 100 when they do not go together or the time is too near or too far.
    init(_ arguments: GraphArguments, latestDays: Double, at now: WorldTime) throws(GraphRefusal) {
        self.isPublished = arguments.flag("published") ?? true
        self.scheduledAt = arguments.time("scheduled_publish_time")
        let kind = arguments.text("unpublished_content_type")
        if let kind, self.isPublished {
            throw GraphRefusal.invalid("unpublished_content_type \(kind) needs published=false")
        }
        guard let time = self.scheduledAt else {
            if kind == "SCHEDULED" { throw GraphRefusal.missing("scheduled_publish_time") }
            return
        }
        if self.isPublished {
            throw GraphRefusal.invalid("You cannot specify a scheduled publish time on a published post")
        }
        try Self.check(time, latestDays: latestDays, at: now)
    }

    /// A plan that needs no checks.
    init(isPublished: Bool, scheduledAt: WorldTime?) {
        self.isPublished = isPublished
        self.scheduledAt = scheduledAt
    }

    /// A plan as `video_state` gives it.
    init(state: String, _ arguments: GraphArguments, at now: WorldTime) throws(GraphRefusal) {
        self.isPublished = state == "PUBLISHED"
        guard state == "SCHEDULED" else { return }
        guard let time = arguments.time("scheduled_publish_time") else {
            throw GraphRefusal.missing("scheduled_publish_time")
        }
        try Self.check(time, latestDays: 29, at: now)
        self.scheduledAt = time
    }

    private static func check(_ time: WorldTime, latestDays: Double, at now: WorldTime) throws(GraphRefusal) {
        guard time - now >= 600, time - now <= latestDays * 86_400 else {
            throw GraphRefusal.invalid(
                "The specified scheduled publish time is invalid. It must be from 10 minutes to \(Int(latestDays)) days ahead"
            )
        }
    }
}
