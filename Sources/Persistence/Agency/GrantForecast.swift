// SPDX-License-Identifier: MIT

package import PQClient

/// When grants need a person, as far as it can be said now.
package enum GrantForecast {
    /// The end of what the row `g` of `access_grant` opens, unless a person connects again; NULL when that is never, or nobody knows.
    ///
    /// Tokens that are renewed by themselves have none, or that of what renews them. Once renewing is refused, or failed for an hour, they end
    /// as they are. So do those that renew themselves and were not renewed in time, because no worker runs.
    package static let end: Statement = """
        CASE WHEN g.renewal = 'none' THEN g.ends_at
             WHEN g.renewal_refused OR g.renewal_failed_at <= world_now() - interval '1 hour'
                 THEN coalesce(least(g.expires_at, g.ends_at), g.renewal_failed_at)
             WHEN g.renewal = 'itself'
                  AND g.expires_at <= world_now() + greatest(interval '0', least(
                      interval '3 days', (g.expires_at - coalesce(g.refreshed_at, g.created_at)) / 20))
                 THEN least(g.expires_at, g.ends_at)
             ELSE g.ends_at END
        """
}
