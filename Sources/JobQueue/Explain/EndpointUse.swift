// SPDX-License-Identifier: MIT

/// Whether a run of a job calls an endpoint.
package enum EndpointUse: Sendable, Hashable {
    /// It does: what closes the endpoint stops it.
    case always
    /// It may, or nobody knows.
    case sometimes
    /// It does not.
    case never
}

/// What is known of the calls that jobs make: the queue itself knows nothing of endpoints.
package struct JobCalls: Sendable {
    private let judge: @Sendable (JobSpec, String, LimitCounts) -> EndpointUse

    /// Nothing is known.
    package static let unknown = JobCalls { _, _, _ in .sometimes }

    /// Makes it from a judgement.
    ///
    /// - Parameter judge: Says of a job, an endpoint (``LimitKey/everyEndpoint`` is every one) and what is counted there whether the job makes
    ///   such calls, or such sends.
    package init(_ judge: @escaping @Sendable (JobSpec, String, LimitCounts) -> EndpointUse) { self.judge = judge }

    /// Whether a job calls an endpoint, or sends there what is counted.
    func use(of endpoint: String, counts: LimitCounts = .calls, by job: JobSpec) -> EndpointUse {
        self.judge(job, endpoint, counts)
    }
}
