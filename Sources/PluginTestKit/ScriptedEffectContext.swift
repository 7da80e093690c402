// SPDX-License-Identifier: MIT

public import PluginKit
import Synchronization

/// An effect context in memory that keeps the rules of the host: the fence is recorded before the body runs, a confirmed part answers without
/// running it, an unknown part refuses.
///
/// Use one for several runs of a plugin to play a crash and what comes after: it stands for the database, which survives.
public final class ScriptedEffectContext: EffectContext {
    /// Where a run dies.
    public enum Crash: Sendable, Hashable {
        /// Right after the save of this number, from 0.
        case afterSave(Int)
        /// Right after a part was confirmed.
        case afterConfirm(Int)
    }

    /// What happened, in order.
    public enum Event: Sendable, Hashable {
        /// A checkpoint was saved.
        case saved(PluginState)
        /// The fence of a part was passed: *sending*.
        case fenced(part: Int, key: String)
        /// A part is known to exist.
        case confirmed(part: Int, id: String)
        /// A part's body failed with this code.
        case failed(part: Int, code: PluginError.Code)
    }

    private struct State {
        var checkpoint: PluginState?
        var confirmed: [Int: RemotePost]
        var unknown: Set<Int> = []
        var sends: [Int: Int] = [:]
        var events: [Event] = []
        var saves = 0
        var crash: Crash?
        var hasCrashed = false
    }

    private let operation: String
    private let state: Mutex<State>

    /// Makes a context.
    ///
    /// - Parameters:
    ///   - operation: The identity of the operation; permits are named after it.
    ///   - checkpoint: What an earlier try saved.
    ///   - confirmed: The parts that are known to exist.
    public init(operation: String = "op-1", checkpoint: PluginState? = nil, confirmed: [Int: RemotePost] = [:]) {
        self.operation = operation
        self.state = Mutex(State(checkpoint: checkpoint, confirmed: confirmed))
    }

    /// Lets the next run die at a place; `nil` lets it live.
    public func crash(_ crash: Crash?) {
        self.state.withLock { state in
            state.crash = crash
            state.hasCrashed = false
        }
    }

    /// What was saved last.
    public var checkpoint: PluginState? { self.state.withLock { $0.checkpoint } }
    /// The parts that are known to exist.
    public var confirmed: [Int: RemotePost] { self.state.withLock { $0.confirmed } }
    /// The parts whose outcome is not known.
    public var unknown: Set<Int> { self.state.withLock { $0.unknown } }
    /// What happened, in order.
    public var events: [Event] { self.state.withLock { $0.events } }
    /// How often something was saved.
    public var saves: Int { self.state.withLock { $0.saves } }
    /// Whether the run died where it was told to.
    public var hasCrashed: Bool { self.state.withLock { $0.hasCrashed } }

    /// Saves a checkpoint.
    public func save(_ new: PluginState) async throws(PluginError) {
        let dies = self.state.withLock { state -> Bool in
            if state.hasCrashed { return true }
            state.checkpoint = new
            state.events.append(.saved(new))
            defer { state.saves += 1 }
            if state.crash == .afterSave(state.saves) { state.hasCrashed = true }
            return state.hasCrashed
        }
        if dies { throw Self.crashed }
    }

    /// Runs the visible step of a part under the rules of the host.
    public func send(
        part: Int, endpoint: String, _ body: @Sendable (SendPermit) async throws(PluginError) -> RemotePost
    ) async throws(PluginError) -> RemotePost {
        let key = "\(self.operation)#\(part)"
        let known: Result<RemotePost?, PluginError> = self.state.withLock { state in
            if state.hasCrashed { return .failure(Self.crashed) }
            if let post = state.confirmed[part] { return .success(post) }
            guard !state.unknown.contains(part) else {
                return .failure(PluginError(.ambiguousOutcome, "An earlier send of part \(part) is not settled."))
            }
            state.sends[part, default: 0] += 1
            state.events.append(.fenced(part: part, key: key))
            return .success(nil)
        }
        if let post = try known.get() { return post }
        let number = self.state.withLock { $0.sends[part] ?? 1 }
        let permit = SendPermit(key: key, number: number, notAfter: .now + .seconds(3600), endpoint: endpoint)
        do throws(PluginError) {
            let post = try await body(permit)
            let dies = self.state.withLock { state -> Bool in
                state.confirmed[part] = post
                state.events.append(.confirmed(part: part, id: post.id))
                if state.crash == .afterConfirm(part) { state.hasCrashed = true }
                return state.hasCrashed
            }
            if dies { throw Self.crashed }
            return post
        } catch {
            self.state.withLock { state in
                guard !state.hasCrashed else { return }
                if error.code == .ambiguousOutcome || error.code == .duplicate { state.unknown.insert(part) }
                state.events.append(.failed(part: part, code: error.code))
            }
            throw error
        }
    }

    private static let crashed = PluginError(.retryAfter, "scripted: the process died here")
}
