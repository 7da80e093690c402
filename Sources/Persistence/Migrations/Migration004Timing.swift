// SPDX-License-Identifier: MIT

import JobQueue

/// What the posting-time model learnt: kept, so that a recommendation can be explained later.
enum Migration004Timing {
    static let sql = """
        -- What the accounts of one platform have in common, in units of each account's spread: an aggregate, nobody's alone.
        CREATE TABLE timing_curve (
            platform        text NOT NULL,
            curve_id        uuid NOT NULL,
            fitted_at       timestamptz NOT NULL DEFAULT world_now(),
            model_version   integer NOT NULL,
            accounts        integer NOT NULL,
            weeks           integer NOT NULL,
            mean            double precision[] NOT NULL,
            covariance      double precision[] NOT NULL,
            shared          jsonb,
            own             jsonb NOT NULL,
            variance        double precision NOT NULL,
            -- How much of what was said came true later.
            calibration     double precision NOT NULL,
            PRIMARY KEY (platform, curve_id)
        );
        CREATE INDEX timing_curve_newest ON timing_curve (platform, fitted_at DESC);

        -- One fit of one account: arrays of 168, Monday 00:00 in the zone first. `digest` says which posts it was made of.
        CREATE TABLE timing_fit (
            client_id       uuid NOT NULL,
            account_id      uuid NOT NULL,
            fit_id          uuid NOT NULL,
            fitted_at       timestamptz NOT NULL DEFAULT world_now(),
            model_version   integer NOT NULL,
            platform        text NOT NULL,
            curve_id        uuid NOT NULL,
            time_zone       text NOT NULL,
            posts           integer NOT NULL,
            newest_at       timestamptz,
            digest          bigint NOT NULL,
            excluded        jsonb NOT NULL,
            own             jsonb NOT NULL,
            -- When that was chosen among the kernels; fits in between keep it.
            chosen_at       timestamptz NOT NULL,
            variance        double precision NOT NULL,
            drift           double precision NOT NULL,
            score           double precision[] NOT NULL,
            lower           double precision[] NOT NULL,
            upper           double precision[] NOT NULL,
            own_share       double precision[] NOT NULL,
            chance          double precision[] NOT NULL,
            slot_posts      integer[] NOT NULL,
            PRIMARY KEY (client_id, account_id, fit_id),
            FOREIGN KEY (client_id, account_id) REFERENCES account
        ) WITH (\(TableUpkeep.changed));
        CREATE INDEX timing_fit_newest ON timing_fit (client_id, account_id, fitted_at DESC);
        CREATE UNIQUE INDEX timing_fit_by_id ON timing_fit (fit_id);

        -- Accounts that draw their times for a while to learn from them.
        CREATE TABLE timing_learning (
            client_id       uuid NOT NULL,
            account_id      uuid NOT NULL,
            until           timestamptz NOT NULL,
            PRIMARY KEY (client_id, account_id),
            FOREIGN KEY (client_id, account_id) REFERENCES account
        ) WITH (\(TableUpkeep.revised));

        -- Days that are not like their weekday for a client's audiences: whole days since 1 January 1970, on the wall.
        CREATE TABLE holiday (
            client_id       uuid NOT NULL REFERENCES client,
            day             integer NOT NULL,
            name            text NOT NULL,
            PRIMARY KEY (client_id, day)
        );

        -- When Posthorn chooses no time for posts of a client, or of one of its accounts; a client's own is of the nil account.
        CREATE TABLE posting_quiet (
            client_id       uuid NOT NULL REFERENCES client,
            account_id      uuid NOT NULL,
            quiet           jsonb NOT NULL,
            PRIMARY KEY (client_id, account_id)
        );

        -- How many posts a week an account has, and when they are allowed; where in the week they are follows its newest fit.
        CREATE TABLE posting_slots (
            client_id       uuid NOT NULL,
            account_id      uuid NOT NULL,
            per_week        integer NOT NULL CHECK (per_week > 0),
            wish            jsonb NOT NULL,
            PRIMARY KEY (client_id, account_id),
            FOREIGN KEY (client_id, account_id) REFERENCES account
        );
        """
}
