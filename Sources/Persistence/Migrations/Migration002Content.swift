// SPDX-License-Identifier: MIT

import JobQueue

/// Posts, their immutable revisions, targets, media, publications and samples.
enum Migration002Content {
    static let sql = """
        CREATE TABLE media (
            client_id       uuid NOT NULL REFERENCES client,
            media_id        uuid NOT NULL,
            hash            text NOT NULL,
            type            text NOT NULL,
            byte_count      bigint NOT NULL,
            probe           jsonb NOT NULL DEFAULT '{}',
            alt_text        text,
            file_name       text,
            -- What it was made of, when it is a file of ours.
            source_hash     text,
            created_at      timestamptz NOT NULL DEFAULT world_now(),
            PRIMARY KEY (client_id, media_id),
            UNIQUE (client_id, hash)
        ) WITH (\(TableUpkeep.appended));
        CREATE INDEX media_by_hash ON media (hash);

        CREATE TABLE post (
            client_id       uuid NOT NULL REFERENCES client,
            post_id         uuid NOT NULL,
            brand_id        uuid,
            revision_no     integer NOT NULL DEFAULT 1,
            post_key        text,
            campaign        text,
            pillar          text,
            labels          text[] NOT NULL DEFAULT '{}',
            created_by      text NOT NULL,
            created_at      timestamptz NOT NULL DEFAULT world_now(),
            PRIMARY KEY (client_id, post_id),
            UNIQUE (client_id, post_key)
        ) WITH (\(TableUpkeep.appended));

        CREATE TABLE post_revision (
            client_id       uuid NOT NULL,
            post_id         uuid NOT NULL,
            revision_no     integer NOT NULL,
            content         jsonb NOT NULL,
            created_by      text NOT NULL,
            reason          text,
            created_at      timestamptz NOT NULL DEFAULT world_now(),
            PRIMARY KEY (client_id, post_id, revision_no),
            FOREIGN KEY (client_id, post_id) REFERENCES post
        ) WITH (\(TableUpkeep.appended));

        -- A post's revision for one account. `content` is what will be sent, resolved; `local_time` and `time_zone` are what a person planned.
        CREATE TABLE target (
            client_id       uuid NOT NULL,
            target_id       uuid NOT NULL,
            post_id         uuid NOT NULL,
            revision_no     integer NOT NULL,
            account_id      uuid NOT NULL,
            platform        text NOT NULL,
            format          text NOT NULL,
            content         jsonb NOT NULL,
            content_hash    text NOT NULL,
            due_at          timestamptz,
            local_time      text,
            time_zone       text,
            gap_policy      text,
            overlap_policy  text,
            zone_version    text,
            state           text NOT NULL
                            CHECK (state IN ('draft', 'planned', 'publishing', 'processing', 'unknown', 'waiting', 'published',
                                             'failed', 'cancelled', 'missed')),
            generation      integer NOT NULL DEFAULT 1,
            job_id          uuid,
            experiment      boolean NOT NULL DEFAULT false,
            -- The fit of `timing_fit` that chose its time, kept as long as this names it. That table is of a later migration, and a
            -- fit whose method is gone may go: no foreign key.
            fit_id          uuid,
            failure_code    text,
            failure_message text,
            next_action     text,
            published_at    timestamptz,
            created_at      timestamptz NOT NULL DEFAULT world_now(),
            FOREIGN KEY (client_id, post_id, revision_no) REFERENCES post_revision,
            FOREIGN KEY (client_id, account_id) REFERENCES account
        ) WITH (\(TableUpkeep.changed));
        CREATE INDEX target_calendar ON target (client_id, due_at, target_id);
        CREATE INDEX target_of_post ON target (client_id, post_id);
        CREATE INDEX target_of_account ON target (client_id, account_id, due_at);
        CREATE INDEX target_of_fit ON target (client_id, account_id, fit_id) WHERE fit_id IS NOT NULL;
        -- What older zone data derived and is still to come. Not by state: every post changes that several times, and would change this too.
        CREATE INDEX target_of_zone_data ON target (zone_version, due_at) WHERE zone_version IS NOT NULL;
        -- Made last: of indexes that cost the same, as all do while a table is empty, PostgreSQL takes the newest.
        ALTER TABLE target ADD PRIMARY KEY (client_id, target_id);

        CREATE TABLE publication (
            client_id       uuid NOT NULL,
            publication_id  uuid NOT NULL,
            account_id      uuid NOT NULL,
            platform        text NOT NULL,
            target_id       uuid,
            remote_id       text NOT NULL,
            url             text,
            parts           jsonb NOT NULL DEFAULT '[]',
            published_at    timestamptz NOT NULL,
            content_hash    text,
            content_type    text,
            -- The words of what was found on the platform; those of what we sent stand with its target.
            text            text,
            origin          text NOT NULL CHECK (origin IN ('posthorn', 'external', 'import')),
            state           text NOT NULL DEFAULT 'live' CHECK (state IN ('live', 'edited', 'deleted', 'gone', 'expired')),
            paid            boolean NOT NULL DEFAULT false,
            recorded_at     timestamptz NOT NULL DEFAULT world_now(),
            PRIMARY KEY (client_id, publication_id),
            FOREIGN KEY (client_id, account_id) REFERENCES account,
            UNIQUE (client_id, account_id, remote_id)
        ) WITH (\(TableUpkeep.changed));
        CREATE UNIQUE INDEX publication_of_target ON publication (client_id, target_id);
        CREATE INDEX publication_of_account ON publication (client_id, account_id, published_at);

        -- One reading: typed numbers, NULL where the platform gave none, the mapping's version, the raw answer. Append-only.
        CREATE TABLE sample (
            client_id       uuid NOT NULL,
            account_id      uuid NOT NULL,
            sample_id       uuid NOT NULL,
            publication_id  uuid,
            read_at         timestamptz NOT NULL,
            recorded_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
            source          text NOT NULL CHECK (source IN ('platform', 'import')),
            definition      integer NOT NULL,
            views           bigint,
            reach           bigint,
            likes           bigint,
            comments        bigint,
            shares          bigint,
            saves           bigint,
            clicks          bigint,
            video_views     bigint,
            watch_time_ms   bigint,
            profile_visits  bigint,
            follows         bigint,
            engagements     bigint,
            followers       bigint,
            -- How reactions divide into kinds, by the platform's names.
            reactions       jsonb,
            -- The end of the day that an account's numbers are of, followers aside; NULL is the whole life.
            day_ends        timestamptz,
            raw             jsonb,
            PRIMARY KEY (client_id, account_id, read_at, sample_id)
        ) PARTITION BY RANGE (read_at);
        CREATE INDEX sample_of_publication ON sample (client_id, publication_id, read_at);
        CREATE TABLE sample_other PARTITION OF sample DEFAULT WITH (\(TableUpkeep.appended));

        -- Makes the monthly partitions from last month to three months ahead; the migration and the workers call it. A month that
        -- already has rows among the others keeps them there.
        CREATE FUNCTION sample_partitions() RETURNS integer LANGUAGE plpgsql AS $$
        DECLARE
            month date := date_trunc('month', world_now() - interval '1 month');
            made  integer := 0;
        BEGIN
            FOR i IN 0..4 LOOP
                BEGIN
                    IF to_regclass(format('sample_%s', to_char(month, 'YYYY_MM'))) IS NULL THEN
                        EXECUTE format(
                            'CREATE TABLE sample_%s PARTITION OF sample FOR VALUES FROM (%L) TO (%L) WITH (\(TableUpkeep.appended))',
                            to_char(month, 'YYYY_MM'),
                            month::timestamptz, (month + interval '1 month')::timestamptz);
                        made := made + 1;
                    END IF;
                EXCEPTION WHEN check_violation THEN
                    NULL;
                END;
                month := month + interval '1 month';
            END LOOP;
            RETURN made;
        END $$;

        -- One reading of an account at a time: it takes what is due of the account along, which two at once would read twice.
        INSERT INTO queue_policy (queue, account_slots) VALUES ('metrics', 1) ON CONFLICT (queue) DO NOTHING;
        """
}
