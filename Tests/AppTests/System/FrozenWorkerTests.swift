// SPDX-License-Identifier: MIT

import Foundation
import PQClient
import TestSupport
import Testing

@testable import App

/// Two worker processes, one of which stands still for longer than the fleet waits.
@Suite("frozen workers", .postgresSchema, .timeLimit(.minutes(10)))
struct FrozenWorkerTests {
    @Test(
        "a worker that is frozen with posts in its hands until it is taken for dead doubles nothing when it goes on; what it writes late changes nothing"
    )
    func frozen() async throws {
        try await SimulatedAgency.with { agency in
            try await agency.connect("mock")
            try await agency.setRate(20)
            // Posts take effect at once and are answered much later: they are under way when the worker is frozen.
            try await agency.admin.add(
                faults:
                    #"[{"match": {"method": "POST", "endpoint": "/v1/posts"}, "action": {"latency": {"ms": 25000}}}]"#)
            for number in 1...8 { _ = try await agency.publishNow("Post \(number) [ph:frozen-\(number)]", on: "mock") }
            try await agency.withWorker("frozen") { frozen in
                try await agency.until { try await agency.ledger().contains { $0["answer"] as? String == "pending" } }
                kill(frozen, SIGSTOP)
                // Whatever happens, it must be able to end.
                defer { kill(frozen, SIGCONT) }
                try await agency.admin.removeFaults()
                try await agency.withWorker("other") { _ in
                    try await agency.until {
                        try await agency.count(
                            "SELECT count(*) FROM worker WHERE pid = \(frozen) AND state = 'dead'") == 1
                    }
                    try await agency.until {
                        try await agency.count("SELECT count(*) FROM target WHERE state <> 'published'") == 0
                    }
                    #expect(try await agency.count("SELECT count(*) FROM attempt WHERE outcome = 'crashed'") > 0)
                    kill(frozen, SIGCONT)
                    try await agency.until {
                        try await agency.count("SELECT count(*) FROM attempt WHERE outcome = 'stale'") > 0
                    }
                    // It goes on, as another one.
                    try await agency.until {
                        try await agency.count(
                            "SELECT count(*) FROM worker WHERE pid = \(frozen) AND state = 'active'") == 1
                    }
                }
            }
            let ledger = try await agency.ledger()
            #expect(ledger.count == 8 && ledger.allSatisfy { $0["took_effect"] as? Bool == true })
            #expect(try await agency.count("SELECT count(*) FROM effect WHERE state = 'confirmed'") == 8)
            #expect(
                try await agency.count(
                    "SELECT count(*) FROM attempt WHERE kind = 'publish' AND outcome = 'succeeded'") == 8)
            try await agency.expectSound()
        }
    }
}
