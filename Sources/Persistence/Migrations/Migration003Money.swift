// SPDX-License-Identifier: MIT

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
            budget_minor    bigint NOT NULL CHECK (budget_minor > 0),
            currency        text NOT NULL,
            budget_kind     text NOT NULL CHECK (budget_kind IN ('daily', 'lifetime')),
            starts_at       timestamptz NOT NULL,
            ends_at         timestamptz NOT NULL CHECK (ends_at > starts_at),
            campaign        text NOT NULL DEFAULT '',
            state           text NOT NULL
                            CHECK (state IN ('waiting', 'planned', 'starting', 'unknown', 'in-review', 'running', 'paused',
                                             'completed', 'stopped', 'rejected', 'failed', 'cancelled', 'held')),
            job_id          uuid,
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
        );
        CREATE INDEX boost_of_target ON boost (client_id, target_id) WHERE state = 'waiting';

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
            kind            text NOT NULL CHECK (kind IN ('reserve', 'commit', 'spend', 'release')),
            amount_minor    bigint NOT NULL CHECK (amount_minor >= 0),
            currency        text NOT NULL,
            at              timestamptz NOT NULL DEFAULT world_now(),
            actor           text NOT NULL,
            reason          text NOT NULL,
            PRIMARY KEY (client_id, entry_no),
            FOREIGN KEY (client_id, boost_id) REFERENCES boost
        );
        CREATE INDEX ledger_of_cap ON ledger_entry (client_id, campaign, month);
        CREATE INDEX ledger_of_boost ON ledger_entry (client_id, boost_id);

        -- What the calls themselves cost (X charges per post). Micros: millionths of the currency's major unit.
        CREATE TABLE api_cost (
            client_id       uuid NOT NULL,
            cost_no         bigint GENERATED ALWAYS AS IDENTITY,
            account_id      uuid,
            app_id          uuid,
            platform        text NOT NULL,
            what            text NOT NULL,
            amount_micros   bigint NOT NULL,
            currency        text NOT NULL,
            at              timestamptz NOT NULL DEFAULT world_now(),
            PRIMARY KEY (client_id, cost_no)
        );
        """
}
