// SPDX-License-Identifier: MIT

import Synchronization

/// What a serving process knows of itself: whether it drains, and what it answered.
final class ServeState: Sendable {
    private struct Facts {
        var isDraining = false
        var ports: (address: Int?, admin: Int?) = (nil, nil)
        var responses: [Int: Int64] = [:]
        var sentBytes: Int64 = 0
    }

    private let facts = Mutex(Facts())

    /// Whether a stop was asked for.
    var isDraining: Bool { self.facts.withLock { $0.isDraining } }

    /// Takes note that a stop was asked for.
    func drain() { self.facts.withLock { $0.isDraining = true } }

    /// Takes note of a port that is listened on.
    ///
    /// - Returns: Both ports, once both are known.
    func listens(address: Int? = nil, admin: Int? = nil) -> ConsolePorts? {
        self.facts.withLock { facts in
            facts.ports = (address ?? facts.ports.address, admin ?? facts.ports.admin)
            guard let address = facts.ports.address, let admin = facts.ports.admin else { return nil }
            return ConsolePorts(address: address, admin: admin)
        }
    }

    /// Counts an answer about media.
    func answered(_ status: Int) { self.facts.withLock { $0.responses[status, default: 0] += 1 } }

    /// Counts bytes of files that were handed to a connection.
    func sent(_ count: Int) { self.facts.withLock { $0.sentBytes += Int64(count) } }

    /// The counts, in the text format of Prometheus.
    func metrics(version: String) -> String {
        let facts = self.facts.withLock { $0 }
        var lines = [
            "# HELP posthorn_build_info The version that runs.", "# TYPE posthorn_build_info gauge",
            "posthorn_build_info{version=\"\(version)\"} 1",
            "# HELP posthorn_serve_draining Whether a stop was asked for.", "# TYPE posthorn_serve_draining gauge",
            "posthorn_serve_draining \(facts.isDraining ? 1 : 0)",
            "# HELP posthorn_media_responses_total Answers to requests for media, by status.",
            "# TYPE posthorn_media_responses_total counter",
        ]
        for (status, count) in facts.responses.sorted(by: { $0.key < $1.key }) {
            lines.append("posthorn_media_responses_total{status=\"\(status)\"} \(count)")
        }
        lines += [
            "# HELP posthorn_media_sent_bytes_total Bytes of media that were sent.",
            "# TYPE posthorn_media_sent_bytes_total counter", "posthorn_media_sent_bytes_total \(facts.sentBytes)",
        ]
        return lines.joined(separator: "\n") + "\n"
    }
}
