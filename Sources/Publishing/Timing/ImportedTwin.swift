// SPDX-License-Identifier: MIT

import PQClient

/// Conditions on a `publication` that stands there twice: once from a file of past posts, once from the platform.
///
/// A file knows no identities, so that a post of the same account within a minute is taken for the same one. The platform's is the one that
/// counts, as soon as it has numbers; what only the file knows, that money was spent on it, counts for it too.
enum ImportedTwin {
    /// Whether it is from a file, and the platform tells of it too, with numbers or that it is gone.
    static let isRepeated: Statement = """
        (publication.origin = 'import' AND EXISTS (
            SELECT FROM publication AS told
            WHERE told.client_id = publication.client_id AND told.account_id = publication.account_id
              AND told.published_at BETWEEN publication.published_at - interval '1 minute'
                                        AND publication.published_at + interval '1 minute'
              AND told.origin <> 'import'
              AND (told.state IN ('deleted', 'gone') OR EXISTS (
                  SELECT FROM sample
                  WHERE sample.client_id = told.client_id AND sample.publication_id = told.publication_id
                    AND num_nonnulls(sample.engagements, sample.likes, sample.comments, sample.shares, sample.saves) > 0))))
        """

    /// Whether money was spent on it, as we know or as a file says.
    static let isPaid: Statement = """
        (CASE WHEN publication.paid OR publication.origin = 'import' THEN publication.paid ELSE EXISTS (
            SELECT FROM publication AS filed
            WHERE filed.client_id = publication.client_id AND filed.account_id = publication.account_id
              AND filed.published_at BETWEEN publication.published_at - interval '1 minute'
                                         AND publication.published_at + interval '1 minute'
              AND filed.origin = 'import' AND filed.paid) END)
        """
}
