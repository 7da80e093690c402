// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import PluginKit

@Suite("saved states")
struct SavedStateTests {
    private struct Steps: SavedState, Equatable {
        static let version = 2
        var done: [String] = []
        init() {}
    }

    @Test("what was saved is read back, and nothing saved is empty")
    func roundTrip() throws {
        var steps = Steps()
        steps.done = ["upload"]
        let saved = try steps.saved()
        #expect(saved.version == 2)
        #expect(try Steps(saved) == steps)
        #expect(try Steps(nil) == Steps())
    }

    @Test("a state of another version or of another layout is refused, with a word on what to do")
    func refuses() throws {
        let other = #expect(throws: PluginError.self) { try Steps(PluginState(version: 3, data: Data("{}".utf8))) }
        #expect(other?.code == .unsupported && other?.nextAction != nil)
        let broken = #expect(throws: PluginError.self) { try Steps(PluginState(version: 2, data: Data("[]".utf8))) }
        #expect(broken?.code == .permanent)
    }
}
