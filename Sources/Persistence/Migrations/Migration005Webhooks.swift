// SPDX-License-Identifier: MIT

import JobQueue

/// What platforms tell us.
enum Migration005Webhooks {
    static let sql = """
        -- Every delivery whose signature was right, once: while the digest of its bytes stays, a repeat does nothing. It goes when the platform
        -- could not deliver it any more; the body has other people's words in it and goes after a week.
        CREATE TABLE webhook_delivery (
            platform        text NOT NULL,
            digest          bytea NOT NULL,
            received_at     timestamptz NOT NULL DEFAULT world_now(),
            body            bytea,
            events          integer NOT NULL,
            PRIMARY KEY (platform, digest)
        ) WITH (\(TableUpkeep.changed));
        CREATE INDEX webhook_delivery_old ON webhook_delivery (platform, received_at);
        CREATE INDEX webhook_delivery_body ON webhook_delivery (received_at) WHERE body IS NOT NULL;

        -- A comment that a platform told us of. Until it is read there are no words; one that is gone has none any more.
        CREATE TABLE comment (
            client_id       uuid NOT NULL,
            comment_id      uuid NOT NULL,
            account_id      uuid NOT NULL,
            platform        text NOT NULL,
            remote_id       text NOT NULL,
            post_remote_id  text NOT NULL,
            publication_id  uuid,
            parent_remote_id text,
            author_id       text,
            author_name     text,
            text            text,
            written_at      timestamptz,
            is_hidden       boolean NOT NULL DEFAULT false,
            told_at         timestamptz NOT NULL DEFAULT world_now(),
            -- When the newest reading began: what was read before it never replaces it.
            read_at         timestamptz,
            gone_at         timestamptz,
            PRIMARY KEY (client_id, comment_id),
            FOREIGN KEY (client_id, account_id) REFERENCES account,
            UNIQUE (client_id, account_id, remote_id)
        ) WITH (\(TableUpkeep.changed));
        CREATE INDEX comment_of_publication ON comment (client_id, publication_id) WHERE publication_id IS NOT NULL;
        """
}
