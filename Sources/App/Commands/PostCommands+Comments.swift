// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Persistence
import Publishing

extension PostCommands {
    struct Comments: PosthornCommand {
        private static let columns = [
            Column("written_at", "WRITTEN", "when it was written, in the client's zone"),
            Column("client", nil, "the client's slug"), Column("account", "ACCOUNT", "the account's slug"),
            Column("platform", nil, "the platform"),
            Column("author", "AUTHOR", "who wrote it, when the platform says", isFlexible: true),
            Column("author_id", nil, "the platform's identity of the author"),
            Column("text", "TEXT", "the words", isFlexible: true),
            Column("state", "STATE", "unread (told of, not read yet), visible, hidden or gone"),
            Column("publication", nil, "the publication's id, when Posthorn knows it"),
            Column("url", nil, "where the publication can be seen"),
            Column("post_remote_id", nil, "the platform's id of the post"),
            Column("answers", nil, "the platform's id of the comment that it answers"),
            Column("told_at", nil, "when the platform last told of it"),
            Column("read_at", nil, "when it was last read"),
            Column("id", "COMMENT", "the platform's id of it"),
        ]
        static let configuration = CommandConfiguration(
            "comments", "List what people wrote under a post, or under all of a client's or account's.",
            details: """
                Platforms tell of comments by webhooks, and each is read from the platform then; see `posthorn app show` for the address to
                register. Facebook and Instagram give comments. One that is gone keeps its place, without its words and its author.
                """,
            examples: [
                "post comments 0198f2c4-…", "post comments spring-1 --client acme",
                "post comments --account acme/facebook -o csv",
            ], keys: columns)

        @OptionGroup var options: CommandOptions
        @Argument(
            help: ArgumentHelp(
                "The id of a post, target or publication, or a post's key with --client.", valueName: "post"))
        var post: String?
        @Option(help: ArgumentHelp("Only this client's.", valueName: "client"))
        var client: String?
        @Option(help: ArgumentHelp("Only this account's; with --client or as client/account.", valueName: "account"))
        var account: String?
        @Option(help: ArgumentHelp("At most so many, newest first.", valueName: "n"))
        var limit: Int = 100

        func validate() throws {
            guard self.post != nil || self.client != nil || self.account != nil else {
                throw ValidationError("Say whose comments: a post, --client C or --account A.")
            }
        }

        func run(_ context: CommandContext) async throws {
            let rows = try await context.withServices { services in
                try await services.comments.list(
                    of: self.post, client: self.client, account: self.account, limit: self.limit)
            }
            context.output.show(
                Listing(
                    Self.columns, rows: rows.map(Self.record),
                    empty: "the platforms have told of no comments; docs/operations.md, “What platforms tell us”"))
            if rows.count == self.limit { context.output.note("there may be more: raise --limit") }
        }

        private static func record(_ row: CommentRow) -> Record {
            Record([
                "id": .text(row.remoteID), "client": .text(row.client), "account": .text(row.account),
                "platform": .text(row.platform.rawValue), "author": .optional(row.authorName),
                "author_id": .optional(row.authorID), "text": .optional(row.text), "state": .state(row.state.rawValue),
                "publication": .optional(row.publication?.description), "url": .optional(row.url),
                "post_remote_id": .text(row.postRemoteID), "answers": .optional(row.parentRemoteID),
                "written_at": .time(row.writtenAt, in: row.clientTimeZone),
                "told_at": .time(row.toldAt, in: row.clientTimeZone),
                "read_at": .time(row.readAt, in: row.clientTimeZone),
            ])
        }
    }
}
