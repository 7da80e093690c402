// SPDX-License-Identifier: MIT

import CLibPQ

extension Session {
    /// Runs several statements with one synchronisation, so all or none take effect.
    func pipeline(_ list: [Statement]) async throws(PQError) -> [ResultBox] {
        guard !list.isEmpty else { return [] }
        try self.begin()
        defer { self.end() }
        guard let settings = self.settingsAhead else { return try await self.runPipeline(list) }
        return Array(try await self.runPipeline([settings] + list).dropFirst())
    }

    /// Runs statements that the session was claimed for.
    func runPipeline(_ list: [Statement]) async throws(PQError) -> [ResultBox] {
        let plan = try await self.plan(list)
        self.progress.isSent = false
        self.progress.isCompleted = false
        try self.check(unsafe PQenterPipelineMode(self.handle.raw))
        for step in plan { try self.queue(step) }
        try self.check(unsafe PQpipelineSync(self.handle.raw))
        let outcome: Result<[ResultBox], PQError>
        do throws(PQError) {
            try await self.flush()
            outcome = .success(try await self.collect(plan))
        } catch {
            outcome = .failure(self.settled(error))
        }
        if !self.isBroken, unsafe PQexitPipelineMode(self.handle.raw) != 1 {
            self.failure = PQError(.connectionLost, "the connection could not leave pipeline mode")
        }
        return try outcome.get()
    }

    /// One queued message: a statement to prepare, or one to run.
    private enum Step {
        case prepare(name: String, StatementCache.Key)
        case run(name: String, Statement)
        case runUnprepared(Statement)

        var sql: String {
            switch self {
            case .prepare(_, let key): key.sql
            case .run(_, let statement), .runUnprepared(let statement): statement.sql
            }
        }
    }

    private func plan(_ list: [Statement]) async throws(PQError) -> [Step] {
        // More different statements than the cache holds cannot be prepared side by side.
        guard self.preparesStatements, list.count < self.statements.capacity else {
            return list.map { .runUnprepared($0) }
        }
        var steps: [Step] = []
        for statement in list {
            let key = StatementCache.Key(statement)
            if let name = self.statements.name(for: key) {
                steps.append(.run(name: name, statement))
                continue
            }
            let (fresh, evicted) = self.statements.reserve(key)
            if let evicted { try await self.deallocate(evicted) }
            steps.append(.prepare(name: fresh, key))
            steps.append(.run(name: fresh, statement))
        }
        return steps
    }

    private func queue(_ step: Step) throws(PQError) {
        switch step {
        case .prepare(let name, let key): try self.sendPrepare(name, key)
        case .run(let name, let statement): try self.sendPrepared(name, statement.binds)
        case .runUnprepared(let statement): try self.sendParameters(statement)
        }
    }

    private func collect(_ plan: [Step]) async throws(PQError) -> [ResultBox] {
        var results: [ResultBox] = []
        var failure: PQError?
        for step in plan {
            var succeeded = false
            while let result = try await self.nextResult() {
                switch result.status {
                case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
                    succeeded = true
                    if case .prepare = step { break }
                    results.append(ResultBox(result))
                case PGRES_PIPELINE_ABORTED:
                    break
                case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                    throw self.misused("COPY cannot run in a pipeline; use copyIn or copyOut")
                default:
                    let error = PQError(result, statement: step.sql)
                    failure = failure ?? error
                }
            }
            if !succeeded, case .prepare(_, let key) = step { self.statements.forget(key) }
            if !succeeded, case .run(_, let statement) = step, failure?.isStalePlan == true {
                self.statements.forget(StatementCache.Key(statement))
            }
            if self.isSocketGone { break }
        }
        self.progress.isCompleted = failure == nil
        // The synchronisation point itself; what fails here failed while committing.
        var isSynchronised = false
        while !isSynchronised, let result = try await self.nextResult() {
            if result.status == PGRES_PIPELINE_SYNC {
                isSynchronised = true
            } else {
                let error = PQError(result, statement: nil)
                failure = failure ?? error
            }
        }
        if !isSynchronised { _ = self.lost(self.lastMessage) }
        if let failure { throw failure }
        guard isSynchronised else { throw self.lost(self.lastMessage) }
        return results
    }
}
