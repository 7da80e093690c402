// SPDX-License-Identifier: MIT

import JobQueue

/// Boosts, caps and the ledger: append-only entries, balances derived, never edited.
enum Migration003Money {
    static let sql = """
        CREATE TABLE boost (
            client_id       uuid NOT NULL REFERENCES client,
            boost_id        uuid NOT NULL,
            account_id      uuid NOT NULL,
            ad_account_id   uuid,
            publication_id  uuid,
            target_id       uuid,
            objective       text NOT NULL,
            audience        jsonb NOT NULL DEFAULT '{}',
            call_to_action  jsonb,
            special_ad_categories text[] NOT NULL DEFAULT '{}',
            budget_minor    bigint NOT NULL CHECK (budget_minor > 0),
            currency        text NOT NULL,
            budget_kind     text NOT NULL CHECK (budget_kind IN ('daily', 'lifetime')),
            starts_at       timestamptz NOT NULL,
            ends_at         timestamptz NOT NULL CHECK (ends_at > starts_at),
            campaign        text NOT NULL DEFAULT '',
            state           text NOT NULL
                            CHECK (state IN ('waiting', 'awaiting-release', 'planned', 'starting', 'unknown', 'in-review',
                                             'running', 'paused', 'stopping', 'completed', 'stopped', 'rejected', 'failed',
                                             'cancelled', 'held')),
            rule_id         uuid,
            -- The most that it may cost altogether, and whether that needs the word of a second person.
            most_minor      bigint NOT NULL CHECK (most_minor > 0),
            needs_release   boolean NOT NULL DEFAULT false,
            released_by     text CHECK (released_by <> created_by),
            stop_asked_at   timestamptz,
            stop_asked_by   text,
            stop_reason     text,
            -- Since when the platform runs it, and since when it spends next to nothing of its plan; none while it does not.
            running_since   timestamptz,
            idle_since      timestamptz,
            stops_when_idle boolean NOT NULL DEFAULT false,
            ended_at        timestamptz,
            settled_at      timestamptz,
            remark          text,
            -- The job that starts it, and the one that looks at it or stops it while it may cost money.
            job_id          uuid,
            watch_job_id    uuid,
            remote_id       text,
            spend_minor     bigint,
            results         jsonb,
            status_read_at  timestamptz,
            failure_code    text,
            failure_message text,
            created_by      text NOT NULL,
            created_at      timestamptz NOT NULL DEFAULT world_now(),
            PRIMARY KEY (client_id, boost_id),
            FOREIGN KEY (client_id, account_id) REFERENCES account,
            CHECK (publication_id IS NOT NULL OR target_id IS NOT NULL)
        ) WITH (\(TableUpkeep.changed));
        CREATE INDEX boost_of_target ON boost (client_id, target_id) WHERE state = 'waiting';
        CREATE INDEX boost_of_publication ON boost (client_id, publication_id) WHERE publication_id IS NOT NULL;

        -- What a boost of a client may cost before a second person must release it; NULL for no limit. Who loosened it is bound by what it
        -- was before, until somebody else sets it.
        CREATE TABLE release_limit (
            client_id       uuid PRIMARY KEY REFERENCES client,
            currency        text,
            limit_minor     bigint CHECK (limit_minor >= 0),
            loosened_by     text,
            before_currency text,
            before_minor    bigint CHECK (before_minor >= 0),
            CHECK (num_nulls(currency, limit_minor) IN (0, 2)),
            CHECK (num_nulls(loosened_by, before_currency, before_minor) IN (0, 3)),
            set_by          text NOT NULL,
            set_at          timestamptz NOT NULL DEFAULT world_now()
        );

        -- What a client (or one of its campaigns) may spend in a month of the cap's own time zone. No campaign is ''.
        CREATE TABLE budget_cap (
            client_id       uuid NOT NULL REFERENCES client,
            campaign        text NOT NULL DEFAULT '',
            month           date NOT NULL CHECK (extract(day FROM month) = 1),
            currency        text NOT NULL,
            time_zone       text NOT NULL,
            cap_minor       bigint NOT NULL CHECK (cap_minor >= 0),
            set_by          text NOT NULL,
            set_at          timestamptz NOT NULL DEFAULT world_now(),
            PRIMARY KEY (client_id, campaign, month)
        );

        CREATE TABLE ledger_entry (
            client_id       uuid NOT NULL,
            entry_no        bigint GENERATED ALWAYS AS IDENTITY,
            boost_id        uuid NOT NULL,
            ad_account_id   uuid,
            campaign        text NOT NULL DEFAULT '',
            month           date NOT NULL,
            kind            text NOT NULL CHECK (kind IN ('reserve', 'commit', 'spend', 'credit', 'release')),
            amount_minor    bigint NOT NULL CHECK (amount_minor >= 0),
            currency        text NOT NULL,
            at              timestamptz NOT NULL DEFAULT world_now(),
            actor           text NOT NULL,
            reason          text NOT NULL,
            PRIMARY KEY (client_id, entry_no),
            FOREIGN KEY (client_id, boost_id) REFERENCES boost
        ) WITH (\(TableUpkeep.appended));
        CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'entries of the ledger are never changed or removed: append one that corrects it';
            END
        $$;
        CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
            FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();
        CREATE INDEX ledger_of_cap ON ledger_entry (client_id, month, campaign);
        CREATE INDEX ledger_of_boost ON ledger_entry (client_id, boost_id);

        -- When publications are boosted without a person asking. The definition is a BoostRule.
        CREATE TABLE boost_rule (
            client_id       uuid NOT NULL REFERENCES client,
            rule_id         uuid NOT NULL,
            slug            text NOT NULL,
            account_id      uuid,
            definition      jsonb NOT NULL,
            state           text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused', 'removed')),
            created_by      text NOT NULL,
            created_at      timestamptz NOT NULL DEFAULT world_now(),
            PRIMARY KEY (client_id, rule_id),
            FOREIGN KEY (client_id, account_id) REFERENCES account
        );
        CREATE UNIQUE INDEX boost_rule_name ON boost_rule (client_id, slug) WHERE state <> 'removed';

        -- What a rule said of a publication, when it first said so. Append-only; an answer that stays the same is one row.
        CREATE TABLE boost_decision (
            client_id       uuid NOT NULL,
            decision_no     bigint GENERATED ALWAYS AS IDENTITY,
            rule_id         uuid NOT NULL,
            publication_id  uuid NOT NULL,
            at              timestamptz NOT NULL DEFAULT world_now(),
            verdict         text NOT NULL,
            reason          text NOT NULL,
            ratio           double precision,
            boost_id        uuid,
            PRIMARY KEY (client_id, decision_no),
            UNIQUE (client_id, rule_id, publication_id, verdict, boost_id),
            FOREIGN KEY (client_id, rule_id) REFERENCES boost_rule
        ) WITH (\(TableUpkeep.appended));

        -- What the calls themselves cost (X charges per post). Micros: millionths of the currency's major unit.
        CREATE TABLE api_cost (
            client_id       uuid NOT NULL,
            cost_no         bigint GENERATED ALWAYS AS IDENTITY,
            account_id      uuid,
            app_id          uuid,
            platform        text NOT NULL,
            what            text NOT NULL,
            calls           integer NOT NULL DEFAULT 1,
            -- None when the platform charges and nobody knows what.
            amount_micros   bigint,
            currency        text NOT NULL,
            at              timestamptz NOT NULL DEFAULT world_now(),
            PRIMARY KEY (client_id, cost_no)
        ) WITH (\(TableUpkeep.appended));
        """
}
