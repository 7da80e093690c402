// SPDX-License-Identifier: MIT

import Persistence
import PluginKit

/// What would make a post's files fit one account; it reads and makes nothing.
struct MediaFit {
    var resolver: ContentResolver
    var mayPad: Bool

    /// What to make of each file; `nil` for those that stay.
    ///
    /// - Returns: `nil` when nothing is wrong with the files, or when something would be wrong with them still.
    func plan(_ master: MasterContent) -> [MediaConversion?]? {
        guard self.isAnythingWrong(master) else { return nil }
        let account = self.resolver.account
        let files = master.variants[account]?.media ?? master.media
        for limits in self.resolver.candidates(master) {
            let planner = MediaPlanner(limits: limits, mayPad: self.mayPad)
            let conversions = files.map { planner.conversion(of: $0) }
            guard conversions.contains(where: { $0 != nil }) else { continue }
            var fitted = master
            fitted.variants[account, default: MasterContent.Variant()].media = zip(files, conversions).map {
                item, conversion in
                conversion.map { MediaPlanner.outlook(of: item, after: $0) } ?? item
            }
            if !self.isAnythingWrong(fitted) { return conversions }
        }
        return nil
    }

    /// What a person could have asked for that would help.
    static func remedy(_ master: MasterContent, _ resolver: ContentResolver, beyond asked: Transcoding) -> String? {
        if asked == .offered, Self(resolver: resolver, mayPad: false).plan(master) != nil {
            return "With --transcode it is made to fit."
        }
        guard asked != .pad, Self(resolver: resolver, mayPad: true).plan(master) != nil else { return nil }
        return "With --transcode --pad it is made to fit, with bars."
    }

    /// Whether an issue is about files: one of them, or no shape that takes them.
    static func isOfFiles(_ issue: PostIssue) -> Bool {
        issue.severity == .error
            && (issue.field.hasPrefix("media[") || issue.field.contains(".media[") || issue.field == "format")
    }

    private func isAnythingWrong(_ master: MasterContent) -> Bool {
        self.resolver.resolve(master).issues.contains(where: Self.isOfFiles)
    }
}
