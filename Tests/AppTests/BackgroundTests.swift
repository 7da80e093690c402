// SPDX-License-Identifier: MIT

import Testing

@testable import App

@Suite struct BackgroundTests {
    private struct BrokenOff: Error {}

    @Test("the body's result stands, whatever the background says when it is broken off in its middle")
    func brokenOff() async throws {
        let (started, begins) = AsyncStream.makeStream(of: Void.self)
        let result = try await withBackground {
            begins.finish()
            do { try await Task.sleep(for: .seconds(86_400)) } catch { throw BrokenOff() }
        } _: {
            for await _ in started {}
            return 7
        }
        #expect(result == 7)
    }

    @Test("a background that fails by itself ends the body with its failure")
    func fails() async throws {
        await #expect(throws: BrokenOff.self) {
            try await withBackground {
                throw BrokenOff()
            } _: {
                try await Task.sleep(for: .seconds(86_400))
            }
        }
    }
}
