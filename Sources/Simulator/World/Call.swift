// SPDX-License-Identifier: MIT

/// One request on its way through a pretend platform, and what it led to.
struct Call: Sendable {
    let request: SimulatedRequest
    let platform: Platform
    let now: WorldTime
    /// Whether the answer leaves at once, or a latency rule holds it back.
    let isLeaving: Bool
    /// World seconds for which what is published is missing from lists.
    let hiddenSeconds: Double?
    /// Who asks; `nil` when the token names nobody.
    var account: SimulatedAccount?
    /// The ad account that the request is about.
    var adAccount: SimulatedAdAccount?
    /// Whether the review of an ad that this makes refuses it, because a fault rule says so.
    var isReviewRefused = false
    var isTokenDead = false
    /// What a person would see if it worked.
    var effect: Effect?
    var tookEffect = false
    var isHarmlessRepeat = false
    var remoteID: String?
    /// Number of the ledger's read, when this was one that proved something.
    var read: Int?
    /// Bytes to keep on disk.
    var uploads: [Upload] = []
    /// Graph: the token that came with the request.
    var bearer: GraphBearer?
    /// Graph: the parameters, unchecked.
    var parameters: GraphParameters?

    /// A visible effect that a request asks for.
    struct Effect: Sendable {
        var kind: EffectKind
        var endpoint: String
        var marker: Marker
        var isReply = false
        /// What the platform carries out once however often it is asked: an upload, a container.
        var handle: String?
        /// The list in which it will be, where a platform has several.
        var listing: String?
        /// What the thing is called, where lists can be asked by name.
        var name: String?
    }

    /// A part of an uploaded file.
    struct Upload: Sendable {
        var id: String
        var part: Int
        var bytes: [UInt8]
    }

    /// Whose the request is: the ad account, else the account.
    var owner: String { self.adAccount?.key.externalID ?? self.account?.key.externalID ?? "" }

    var fingerprint: String {
        let body = self.request.streamed?.digest ?? String(decoding: self.request.body, as: UTF8.self)
        return String(stableHash(self.request.method, self.request.path, body), radix: 16)
    }
}

/// What the server has to do after the world has decided.
struct Reaction: Sendable {
    enum Step: Sendable {
        case deliver(Delivery)
        /// Wait, then ask again with the same faults: a slow platform that acts late.
        case wait(Duration, FaultEngine.Decision)
        /// Fetch files from the addresses that the request names, then ask again with the same faults.
        case fetch([RemoteAddress], FaultEngine.Decision)
    }

    var step: Step
    var uploads: [Call.Upload] = []

    /// An answer without faults.
    static func answer(_ response: SimulatedResponse) -> Reaction {
        Reaction(step: .deliver(.answer(response, latency: nil, bytesPerSecond: nil, receipt: nil)))
    }
}
