// SPDX-License-Identifier: MIT

import Domain
import PQClient
import TestSupport
import Testing

@testable import JobQueue

@Suite("Accounts of an app that have ready work", .postgresSchema)
struct AppLanesTests {
    /// Ready work of so many accounts of a platform, three jobs each.
    private static func enqueue(_ count: Int, of provider: String, _ queue: QueueFixture) async throws -> [AccountID] {
        let accounts = (0..<count).map { _ in AccountID() }
        try await queue.store.enqueue(
            accounts.flatMap { account in
                (0..<3).map { _ in
                    NewJob(client: queue.client, account: account, queue: "work", kind: "noop", provider: provider)
                }
            })
        return accounts
    }

    private static func all(_ app: LimitScope, _ queue: QueueFixture) async throws -> [[AccountID]] {
        var pages: [[AccountID]] = []
        var place: AppLanes.Place?
        repeat {
            let page = try await queue.store.accounts(of: app, waitingIn: "work", after: place)
            pages.append(page.accounts.map(\.account))
            place = page.next
        } while place != nil
        return pages
    }

    @Test("each is found once, in pages, and no other app's or platform's")
    func pages() async throws {
        let queue = try await QueueFixture()
        let theirs = try await Self.enqueue(AppLanes.pageSize + 20, of: "p", queue)
        let others = try await Self.enqueue(30, of: "q", queue)
        let app = AppID()
        try await queue.pool.withTransaction { db in
            for account in theirs.prefix(2) { try await queue.store.setApp(app, of: queue.client, account, on: &db) }
        }
        try await queue.store.enqueue([
            NewJob(client: queue.client, account: nil, queue: "work", kind: "noop", provider: "p"),
            NewJob(client: queue.client, account: others[0], queue: "other", kind: "noop", provider: "p"),
        ])
        let pages = try await Self.all(.provider("p"), queue)
        #expect(pages.count == 2 && pages.allSatisfy { $0.count <= AppLanes.pageSize })
        #expect(pages.flatMap(\.self) == theirs.dropFirst(2).sorted())
        #expect(try await Self.all(.app(app), queue).flatMap(\.self) == theirs.prefix(2).sorted())
        #expect(try await Self.all(.app(AppID()), queue).flatMap(\.self).isEmpty)
    }

    @Test("they are found along the index of the lanes, however much work each has")
    func plan() async throws {
        let queue = try await QueueFixture()
        _ = try await Self.enqueue(2_000, of: "p", queue)
        try await queue.pool.execute("ANALYZE job_ready")
        let walk = "EXPLAIN " + JobStore.appLanes(.provider("p"), "work", after: Lane(client: .none, account: .none))
        let plan: [String] = try await queue.pool.withConnection { db in
            try await db.pipeline([JobStore.planOnIndexes, walk])[1].map { row throws in try row.get(0) }
        }
        #expect(plan.contains { $0.contains("using job_ready_lane on job_ready") }, "\(plan.joined(separator: "\n"))")
        #expect(!plan.contains { $0.contains("Seq Scan on job_ready") })
    }
}
