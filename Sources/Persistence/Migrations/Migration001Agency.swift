// SPDX-License-Identifier: MIT

import JobQueue

/// Clients, what belongs to them, and the fleet's own tables: apps, grants, platform identities.
enum Migration001Agency {
    static let sql = """
        CREATE TABLE client (
            client_id       uuid PRIMARY KEY,
            slug            text NOT NULL UNIQUE,
            name            text NOT NULL,
            time_zone       text NOT NULL,
            currency        text NOT NULL,
            weight          integer NOT NULL DEFAULT 1 CHECK (weight BETWEEN 1 AND 100),
            state           text NOT NULL DEFAULT 'active'
                            CHECK (state IN ('active', 'paused', 'leaving', 'archived', 'erased')),
            on_unknown      text NOT NULL DEFAULT 'hold' CHECK (on_unknown IN ('hold', 'resend')),
            on_missed       text NOT NULL DEFAULT 'late' CHECK (on_missed IN ('late', 'skip', 'ask')),
            late_grace      interval NOT NULL DEFAULT interval '15 minutes' CHECK (late_grace >= interval '0'),
            late_spacing    interval NOT NULL DEFAULT interval '5 minutes' CHECK (late_spacing >= interval '0'),
            created_at      timestamptz NOT NULL DEFAULT world_now()
        );

        -- The client's own data key, sealed under the agency's key: destroying it erases what it sealed, in backups too.
        CREATE TABLE client_key (
            client_id       uuid NOT NULL REFERENCES client,
            key_no          integer NOT NULL,
            master_key_id   text NOT NULL,
            sealed          bytea NOT NULL,
            created_at      timestamptz NOT NULL DEFAULT now(),
            destroyed_at    timestamptz,
            PRIMARY KEY (client_id, key_no)
        );

        CREATE TABLE brand (
            client_id       uuid NOT NULL REFERENCES client,
            brand_id        uuid NOT NULL,
            name            text NOT NULL,
            created_at      timestamptz NOT NULL DEFAULT world_now(),
            PRIMARY KEY (client_id, brand_id),
            UNIQUE (client_id, name)
        );

        CREATE TABLE app (
            app_id          uuid PRIMARY KEY,
            platform        text NOT NULL,
            name            text NOT NULL UNIQUE,
            external_id     text NOT NULL,
            master_key_id   text,
            sealed_secret   bytea,
            audit_state     text NOT NULL DEFAULT 'unknown' CHECK (audit_state IN ('unknown', 'development', 'approved')),
            quota           jsonb NOT NULL DEFAULT '{}',
            -- The login that it is registered for, where the platform has several.
            login           text,
            created_at      timestamptz NOT NULL DEFAULT world_now(),
            UNIQUE (platform, external_id)
        );

        -- What a person or system user allowed an app to do. No owner: the agency's, sealed under its own key.
        CREATE TABLE access_grant (
            grant_id        uuid PRIMARY KEY,
            owner_client_id uuid REFERENCES client,
            platform        text NOT NULL,
            app_id          uuid REFERENCES app,
            scopes          text[] NOT NULL DEFAULT '{}',
            expires_at      timestamptz,
            -- When only a person can make it work on: the end of what renews it, or else of the token.
            ends_at         timestamptz,
            key_id          text NOT NULL,
            sealed          bytea NOT NULL,
            version         bigint NOT NULL DEFAULT 1,
            state           text NOT NULL DEFAULT 'active'
                            CHECK (state IN ('active', 'refreshing', 'needs-reconnect', 'revoked')),
            state_reason    text,
            refreshed_at    timestamptz,
            refreshing_until timestamptz,
            -- What renews the tokens: nothing, a refresh token, or the access token itself while it lives.
            renewal         text NOT NULL DEFAULT 'none' CHECK (renewal IN ('none', 'refresh-token', 'itself')),
            -- Since when renewing fails, when it was tried last, what was said, and whether trying again does not help; all forgotten once it works.
            renewal_failed_at timestamptz,
            renewal_tried_at timestamptz,
            renewal_failure text,
            renewal_refused boolean NOT NULL DEFAULT false,
            created_at      timestamptz NOT NULL DEFAULT world_now()
        ) WITH (\(TableUpkeep.revised));

        CREATE TABLE account (
            client_id       uuid NOT NULL REFERENCES client,
            account_id      uuid NOT NULL,
            brand_id        uuid NOT NULL,
            platform        text NOT NULL,
            external_id     text NOT NULL,
            slug            text NOT NULL,
            name            text NOT NULL,
            handle          text,
            time_zone       text NOT NULL,
            state           text NOT NULL DEFAULT 'active'
                            CHECK (state IN ('active', 'paused', 'needs-reconnect', 'needs-human', 'disconnected', 'moved')),
            state_reason    text,
            followers       bigint,
            -- What its plugin's rules must know of how it was connected.
            traits          text[] NOT NULL DEFAULT '{}',
            backfilled_at   timestamptz,
            -- Whether it is looked at every day for what others than Posthorn posted; NULL: unless the platform charges for reading.
            looks_daily     boolean,
            looked_at       timestamptz,
            next_look_at    timestamptz,
            created_at      timestamptz NOT NULL DEFAULT world_now(),
            FOREIGN KEY (client_id, brand_id) REFERENCES brand,
            UNIQUE (client_id, slug)
        ) WITH (\(TableUpkeep.revised));
        CREATE INDEX account_looks ON account (next_look_at) WHERE next_look_at IS NOT NULL;
        -- Made last: of indexes that cost the same, as all do while a table is empty, PostgreSQL takes the newest.
        ALTER TABLE account ADD PRIMARY KEY (client_id, account_id);

        -- When an account's next late post may go out: what was missed is published one by one, never as a burst.
        CREATE TABLE late_turn (
            client_id       uuid NOT NULL,
            account_id      uuid NOT NULL,
            free_at         timestamptz NOT NULL,
            PRIMARY KEY (client_id, account_id),
            FOREIGN KEY (client_id, account_id) REFERENCES account
        ) WITH (fillfactor = 70, \(TableUpkeep.revised));

        CREATE TABLE account_grant (
            client_id       uuid NOT NULL,
            account_id      uuid NOT NULL,
            capability      text NOT NULL CHECK (capability IN ('publish', 'metrics', 'boost')),
            grant_id        uuid NOT NULL REFERENCES access_grant,
            -- Since when the platform refuses a token that only this use has, and why; the grant's other uses go on.
            refused_at      timestamptz,
            refused_reason  text,
            PRIMARY KEY (client_id, account_id, capability),
            FOREIGN KEY (client_id, account_id) REFERENCES account
        ) WITH (\(TableUpkeep.revised));

        -- A link by which a person connects one account on the platform's own page. Of its secret, and of the state that is out at the
        -- platform, only hashes stand here; what a run needs is sealed.
        CREATE TABLE connect_link (
            link_id         uuid PRIMARY KEY,
            client_id       uuid NOT NULL REFERENCES client,
            platform        text NOT NULL,
            app_id          uuid REFERENCES app,
            secret_hash     bytea NOT NULL UNIQUE,
            base_url        text NOT NULL,
            external_id     text,
            slug            text,
            name            text,
            brand           text,
            time_zone       text,
            allows_missing_scopes boolean NOT NULL DEFAULT false,
            wants_boosts    boolean NOT NULL DEFAULT false,
            -- How many earlier posts are taken in; none when NULL.
            backfill_posts  integer,
            expires_at      timestamptz NOT NULL,
            created_by      text NOT NULL,
            created_at      timestamptz NOT NULL DEFAULT world_now(),
            state_hash      bytea UNIQUE,
            state_ends_at   timestamptz,
            key_id          text,
            sealed          bytea,
            -- Whether it adds a credential of OAuth 1.0a to its account; then the app's consumer key and secret, until it is over.
            is_oauth1       boolean NOT NULL DEFAULT false,
            consumer_key_id text,
            consumer_sealed bytea,
            used_at         timestamptz,
            withdrawn_at    timestamptz,
            withdrawn_by    text,
            account_id      uuid,
            FOREIGN KEY (client_id, account_id) REFERENCES account
        );

        -- One identity on a platform stands under one client at a time; its history stays where it was made.
        CREATE TABLE platform_identity (
            platform        text NOT NULL,
            external_id     text NOT NULL,
            client_id       uuid NOT NULL,
            account_id      uuid NOT NULL,
            since           timestamptz NOT NULL DEFAULT world_now(),
            PRIMARY KEY (platform, external_id),
            FOREIGN KEY (client_id, account_id) REFERENCES account
        );

        CREATE TABLE ad_account (
            client_id       uuid NOT NULL REFERENCES client,
            ad_account_id   uuid NOT NULL,
            platform        text NOT NULL,
            external_id     text NOT NULL,
            slug            text NOT NULL,
            currency        text NOT NULL,
            time_zone       text NOT NULL,
            payer           text,
            grant_id        uuid REFERENCES access_grant,
            created_at      timestamptz NOT NULL DEFAULT world_now(),
            PRIMARY KEY (client_id, ad_account_id),
            UNIQUE (client_id, slug)
        );

        -- The ad account that pays for an account's boosts unless a person names another.
        CREATE TABLE account_ad_account (
            client_id       uuid NOT NULL,
            account_id      uuid NOT NULL,
            ad_account_id   uuid NOT NULL,
            PRIMARY KEY (client_id, account_id),
            FOREIGN KEY (client_id, account_id) REFERENCES account,
            FOREIGN KEY (client_id, ad_account_id) REFERENCES ad_account
        );

        -- Who changed the state of what, when and why. Append-only.
        CREATE TABLE state_change (
            client_id       uuid NOT NULL,
            subject_kind    text NOT NULL,
            subject_id      uuid NOT NULL,
            change_id       bigint GENERATED ALWAYS AS IDENTITY,
            at              timestamptz NOT NULL DEFAULT world_now(),
            recorded_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
            actor           text NOT NULL,
            from_state      text,
            to_state        text NOT NULL,
            reason          text,
            detail          jsonb,
            PRIMARY KEY (client_id, subject_id, change_id)
        ) WITH (\(TableUpkeep.appended));
        """
}
