// SPDX-License-Identifier: MIT

import TestSupport
import Testing
import WireRelay

@testable import JobQueue

/// Breaks the connection at every message boundary of the ends that a success does not have.
@Suite("Faults on the wire: ends of runs", .postgresSchema, .timeLimit(.minutes(10)))
struct WireEndTests {
    @Test(
        "a connection that ends before any message of an end loses no job and ends no run twice, whatever the end",
        arguments: WireEndRun.End.allCases, WireEndRun.Settling.allCases)
    func everyEnd(end: WireEndRun.End, settling: WireEndRun.Settling) async throws {
        try await WireProxy.with(url: TestDatabase.required.url) { proxy in
            let run = try await WireEndRun(proxy: proxy, statements: .unprepared)
            let messages = try await run.once(end, fault: nil, settling)
            try await Self.breakAll(messages, proxy) { try await run.once(end, fault: $0, settling) }
            try await run.queue.expectSound()
        }
    }

    @Test(
        "a connection that ends before any message of three ends that are recorded together ends all or none of the runs, once",
        arguments: WireRun.Statements.allCases, WireEndRun.Settling.allCases)
    func recordedTogether(statements: WireRun.Statements, settling: WireEndRun.Settling) async throws {
        let ends: [WireEndRun.End] = [.succeededElsewhere, .retry, .held]
        try await WireProxy.with(url: TestDatabase.required.url) { proxy in
            let run = try await WireEndRun(proxy: proxy, statements: statements)
            let messages = try await run.together(ends, fault: nil, settling)
            try await Self.breakAll(messages, proxy) { try await run.together(ends, fault: $0, settling) }
            try await run.queue.expectSound()
        }
    }

    private static func breakAll(
        _ messages: [WireMessage], _ proxy: WireProxy,
        _ once: (WireProxy.Fault) async throws -> [WireMessage]
    ) async throws {
        #expect(messages.last?.description == "<Z")
        for direction in WireMessage.Direction.allCases {
            let count = messages.count { $0.direction == direction }
            #expect(count >= 2)
            for index in 0..<count {
                let fault = WireProxy.Fault(.cut, direction, at: index)
                _ = try await once(fault)
                #expect(proxy.fired == 1, "\(fault) of \(messages) did not happen")
            }
        }
    }
}
