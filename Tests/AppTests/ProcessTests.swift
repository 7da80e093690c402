// SPDX-License-Identifier: MIT

import Foundation
import Subprocess
import Testing

@testable import App

@Suite("processes")
struct ProcessTests {
    private static func shell(_ script: String, grace: Duration = .seconds(5)) -> ChildProcess {
        ChildProcess(
            name: "a shell", executable: "/bin/sh", arguments: ["-c", script], logFile: "/dev/null", stopGrace: grace)
    }

    @Test("a program that dies is started again with a new process")
    func revival() async throws {
        let (starts, continuation) = AsyncStream.makeStream(of: Int32.self)
        let supervised = Supervised(Self.shell("exec sleep 600"))
        let processes = try await withBackground {
            try await supervised.run { continuation.yield($0) }
        } _: {
            var seen: [Int32] = []
            for await process in starts {
                seen.append(process)
                if seen.count == 2 { return seen }
                kill(process, SIGKILL)
            }
            return seen
        }
        #expect(Set(processes).count == 2)
        for process in processes { #expect(kill(process, 0) != 0) }
    }

    @Test(
        "a program that is started again is told how the process before ended, and every process is remembered with its time"
    )
    func lives() async throws {
        let (starts, continuation) = AsyncStream.makeStream(of: Int32?.self)
        let supervised = Supervised(
            Self.shell("exit $CODE"), mayDie: true,
            changes: { start, exitCode in
                continuation.yield(exitCode)
                return ["CODE": String(start + 7)]
            })
        let seen = try await withBackground {
            try await supervised.run()
        } _: {
            var seen: [Int32?] = []
            for await exitCode in starts {
                seen.append(exitCode)
                if seen.count == 3 { break }
            }
            return seen
        }
        #expect(seen == [nil, 7, 8])
        let lives = supervised.lives.prefix(2)
        #expect(lives.count == 2 && lives.allSatisfy { $0.began <= $0.ended ?? .distantPast })
    }

    @Test("a program that does not stay up ends the supervision with a message that names it")
    func givesUp() async {
        let error = await #expect(throws: CommandError.self) {
            try await Supervised(Self.shell("exit 3")).run()
        }
        #expect(error?.what == "a shell does not stay up: it ended with code 3")
    }

    @Test("what must be there and fails ends the body too")
    func backgroundFailure() async {
        struct Broken: Error {}
        await #expect(throws: Broken.self) {
            try await withBackground {
                throw Broken()
            } _: {
                try await Task.sleep(for: .seconds(3_600))
            }
        }
    }

    @Test("a program that ignores its signal is killed after its grace")
    func stubborn() async throws {
        let (starts, continuation) = AsyncStream.makeStream(of: Int32.self)
        let process = try await withBackground {
            _ = try await Self.shell("trap '' TERM; while :; do sleep 600; done", grace: .milliseconds(200)).run {
                continuation.yield($0)
            }
        } _: {
            for await process in starts { return process }
            return 0
        }
        #expect(process > 0)
        #expect(kill(process, 0) != 0)
    }

    @Test("a program that cannot be run is a clear error")
    func missing() async {
        let child = ChildProcess(
            name: "nothing", executable: "/nonexistent/program", arguments: [], logFile: "/dev/null")
        let error = await #expect(throws: CommandError.self) { try await child.run() }
        #expect(error?.status == .unreachable)
        #expect(error?.what.contains("/nonexistent/program") == true)
    }
}
