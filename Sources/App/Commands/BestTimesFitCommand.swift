// SPDX-License-Identifier: MIT

import Analysis
import ArgumentParser
import Domain
import Publishing

/// `posthorn best-times fit`.
struct BestTimesFitCommand: PosthornCommand {
    private static let columns = [
        Column("platform", "PLATFORM", "the platform"),
        Column("accounts", "ACCOUNTS", "accounts with enough posts to learn from"),
        Column("weeks", "WEEKS", "calendar weeks with posts"), Column("posts", "POSTS", "posts that were used"),
        Column("shared", "SHARED", "whether there is enough for a curve that accounts can borrow from"),
        Column("fits", "FITS", "accounts that were fitted"),
    ]
    static let configuration = CommandConfiguration(
        "fit", "Fit the best times now instead of waiting for the workers.",
        details: """
            Workers do it by themselves: an account is fitted within hours of new numbers that count, and what a platform's accounts share is
            learnt once a day. This command does it at once for all accounts, say after past posts were imported, and keeps the results.
            """,
        examples: ["best-times fit", "best-times fit --platform instagram"], keys: columns)

    @OptionGroup var options: CommandOptions
    @Option(help: ArgumentHelp("This platform only.", valueName: "platform")) var platform: String?

    func run(_ context: CommandContext) async throws {
        let lessons = try await context.withServices { services in
            let service = TimingService(pool: services.pool)
            let all = try await service.platforms()
            var lessons: [TimingLesson] = []
            for platform in all where self.platform == nil || platform.rawValue == self.platform {
                lessons.append(try await service.learn(platform, all: true))
            }
            if let platform = self.platform, lessons.isEmpty {
                throw CommandError(
                    .notFound, "no account is on the platform “\(platform)”",
                    remedy: "there are: \(all.map(\.rawValue).joined(separator: ", "))")
            }
            return lessons
        }
        let rows = lessons.map { lesson in
            Record([
                "platform": .text(lesson.platform.rawValue), "accounts": .count(lesson.curve.curve.accounts),
                "weeks": .count(lesson.curve.curve.weeks), "posts": .count(lesson.posts),
                "shared": .flag(lesson.curve.curve.shared != nil), "fits": .count(lesson.fits),
            ])
        }
        context.output.show(Listing(Self.columns, rows: rows, idKey: "platform", empty: "there are no accounts"))
    }
}
