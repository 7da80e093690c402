// SPDX-License-Identifier: MIT

import Foundation
import TestSupport
import Testing

@testable import App

/// What an agency tells a platform's support: which request it was.
@Suite("request ids", .postgresSchema)
struct RequestIDTests {
    @Test(
        "a job shows the platform's id of its visible request, whether it was carried out, refused or left unknown",
        arguments: [
            (nil, "succeeded", "confirmed"),
            (#""code": 422, "when": "before""#, "failed", "rejected"),
            (#""code": 503, "when": "after""#, "held", "unknown"),
        ] as [(String?, String, String)])
    func shown(fault: String?, outcome: String, state: String) async throws {
        try await SimulatedAgency.with { agency in
            try await agency.connect("mock")
            if let fault {
                try await agency.admin.add(
                    faults: """
                        {"match": {"platform": "mock", "method": "POST", "endpoint": "/v1/posts"}, "action": {"status": {\(fault)}}}
                        """)
            }
            let id = try await agency.publishNow("Hello", on: "mock")
            let work = try await agency.work(environment: [
                "POSTHORN_LOG_LEVEL": "debug", "POSTHORN_LOG_FORMAT": "json",
            ])
            #expect(work.code == 0, "\(work.messages)")
            let request = try #require(try await agency.ledger().first?["request_id"] as? String)

            let job = try await agency.job(id)
            let attempt = try #require((job["attempts"] as? [[String: Any]])?.first)
            #expect(attempt["outcome"] as? String == outcome)
            #expect(attempt["request_id"] as? String == request)
            let effect = try #require((job["effects"] as? [[String: Any]])?.first)
            #expect(effect["state"] as? String == state)
            #expect(effect["request_id"] as? String == request)

            let lines = work.messages.split(separator: "\n").filter { $0.contains("\"exchange with a platform\"") }
            let line = try #require(lines.first { $0.contains(request) })
            let said = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            #expect(said["level"] as? String == "debug" && said["job.id"] as? String == id)
            #expect(said["server.address"] as? String == "mock.posthorn.test")
            #expect(said["url.path"] as? String == "/v1/posts" && said["http.status"] != nil)
        }
    }
}
