// SPDX-License-Identifier: MIT

import Foundation
import JobQueue
import Testing

@testable import App

@Suite("tours of crash points")
struct CrashTourTests {
    /// A tour and the logs that it reads.
    private struct Scene {
        let tour: CrashTour
        let folder: URL

        init(rounds: Int = 1) throws {
            self.folder = FileManager.default.temporaryDirectory.appendingPathComponent("posthorn-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
            self.tour = CrashTour(rounds: rounds, logs: self.folder.path)
        }

        func remove() {
            // What is left in the temporary folder harms nobody.
            try? FileManager.default.removeItem(at: self.folder)
        }

        /// The point that a worker is given when it starts.
        func start(_ worker: Int, after exitCode: Int32? = nil) -> String? {
            self.tour.start(of: worker, after: exitCode)["POSTHORN_CRASH_AT"]
        }

        /// A worker dies where it was sent.
        func die(_ worker: Int, at point: String) throws {
            let file = self.folder.appendingPathComponent("worker-\(worker + 1).log")
            let log = FileManager.default.contents(atPath: file.path) ?? Data()
            try (log + Data("half a li\(CrashPlan.mark)\(point)\n".utf8)).write(to: file)
        }

        /// Every worker dies where it is sent until nobody is sent anywhere but to these points; a worker's last point, by worker.
        func visit(_ workers: Int, butFor last: Set<CrashPoint>) throws -> [String?] {
            var given = (0..<workers).map { self.start($0) }
            while let worker = given.firstIndex(where: { $0.map { !last.contains(Self.point($0)) } ?? false }) {
                try self.die(worker, at: given[worker] ?? "")
                given[worker] = self.start(worker)
            }
            return given
        }

        private static func point(_ plan: String) -> CrashPoint {
            CrashPoint(rawValue: String(plan.prefix { $0 != ":" }))
        }
    }

    @Test("each worker that starts gets the next point, and none is missed when one has died at each")
    func eachPoint() throws {
        let scene = try Scene()
        defer { scene.remove() }
        #expect(scene.start(0) == "after-claim:1" && scene.start(1) == "before-run:1")
        #expect(scene.tour.missed == CrashPoint.all)
        try scene.die(0, at: "after-claim:1")
        #expect(scene.start(0) == "before-checkpoint:1" && !scene.tour.missed.contains(.afterClaim))
    }

    @Test("who dies of something else gives its point back, and somebody is sent there when the others are given")
    func givenBack() throws {
        let scene = try Scene()
        defer { scene.remove() }
        #expect(scene.start(0) == "after-claim:1")
        let rest = (1..<CrashPoint.all.count).map { _ in scene.start(0) }
        #expect(rest.first == "before-run:1" && rest.last == "after-fire:1")
        #expect(scene.start(0) == "after-claim:1")
    }

    @Test("a point that a worker's program does not know is given to another worker alone")
    func refused() throws {
        let scene = try Scene()
        defer { scene.remove() }
        #expect(scene.start(0) == "after-claim:1")
        var given = [scene.start(0, after: 78)]
        while let last = given.last, let point = last, given.count < 50 {
            try scene.die(0, at: point)
            given.append(scene.start(0))
        }
        #expect(given.count == CrashPoint.all.count && given.last == .some(nil))
        #expect(scene.tour.missed == [.afterClaim])
        #expect(scene.start(1) == "after-claim:1")
    }

    @Test("a worker that a signal ended or that died at its point has refused nothing")
    func notRefused() throws {
        let scene = try Scene()
        defer { scene.remove() }
        #expect(scene.start(0) == "after-claim:1")
        for _ in CrashPoint.all { #expect(scene.start(0) != nil) }
        try scene.die(0, at: "after-claim:1")
        #expect(scene.start(0, after: 78) == "before-run:1" && scene.tour.missed.first == .beforeRun)
    }

    @Test("a shortened tour has only the points that nobody has died at or is on the way to, each at its first visit")
    func short() throws {
        let scene = try Scene(rounds: 2)
        defer { scene.remove() }
        #expect(scene.start(0) == "after-claim:1" && scene.start(1) == "before-run:1")
        try scene.die(0, at: "after-claim:1")
        #expect(scene.start(0) == "before-checkpoint:1")
        scene.tour.shorten()
        try scene.die(0, at: "before-checkpoint:1")
        let rest = try scene.visit(1, butFor: [])
        #expect(rest == [nil] && scene.tour.missed == [.beforeRun])
        #expect(scene.start(1) == "before-run:1")
    }

    @Test("what is given back to a shortened tour and has been died at meanwhile is left out")
    func shortAndGivenBack() throws {
        let scene = try Scene(rounds: 2)
        defer { scene.remove() }
        let second = (0..<17).map { _ in scene.start(0) }.last
        #expect(second == "after-claim:2")
        try scene.die(1, at: "after-claim:1")
        #expect(scene.start(1) == "before-run:2")
        scene.tour.shorten()
        var given: [String?] = []
        repeat { given.append(scene.start(0)) } while given.count < 20
        #expect(!given.contains("after-claim:2"))
    }

    @Test("while everybody is on the way to a point that is missed, nobody is to be killed for the tour")
    func noVictim() throws {
        let scene = try Scene()
        defer { scene.remove() }
        _ = [scene.start(0), scene.start(1)]
        #expect(scene.tour.victims(of: 2).isEmpty)
    }

    @Test("who has nothing to do is to be killed while a dead worker is still to be found")
    func idler() throws {
        let scene = try Scene()
        defer { scene.remove() }
        let given = try scene.visit(2, butFor: [.afterRescue])
        let waiting = try #require(given.firstIndex(of: "after-rescue:1"))
        #expect(scene.tour.missed == [.afterRescue] && given[1 - waiting] == nil)
        #expect(scene.tour.victims(of: 2) == [1 - waiting])
        try scene.die(waiting, at: "after-rescue:1")
        #expect(scene.start(waiting) == nil && scene.tour.victims(of: 2).isEmpty)
    }

    @Test("when all wait for a dead worker to find, one of them is to be killed")
    func allWait() throws {
        let scene = try Scene(rounds: 2)
        defer { scene.remove() }
        let given = try scene.visit(2, butFor: [.afterRescue])
        #expect(Set(given) == ["after-rescue:1", "after-rescue:2"])
        #expect(scene.tour.victims(of: 2) == [0, 1])
    }

    @Test("who has nothing to do is to be killed when a point is open that it would be sent to, not who has refused it")
    func taker() throws {
        let scene = try Scene()
        defer { scene.remove() }
        let given = try scene.visit(2, butFor: [.afterFire])
        let refusing = try #require(given.firstIndex(of: "after-fire:1"))
        #expect(scene.start(refusing, after: 78) == nil)
        #expect(scene.tour.victims(of: 2) == [1 - refusing])
        #expect(scene.start(1 - refusing) == "after-fire:1")
    }
}

@Suite("marks of crash points")
struct CrashMarksTests {
    @Test("deaths are counted by point, whatever stands before a mark and wherever the log ends")
    func deaths() {
        let mark = CrashPlan.mark
        let log =
            Data("{\"msg\": \"half a \(mark)after-claim:1\nwords\n\(mark)before-run:12\n\(mark)after-claim:2".utf8)
            + Data([0xE2, 0x82])
        #expect(CrashMarks.deaths(in: log) == [.afterClaim: 2, .beforeRun: 1])
        #expect(CrashMarks.deaths(in: Data("nobody was killed as planned".utf8)).isEmpty)
    }
}
