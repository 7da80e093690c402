// SPDX-License-Identifier: MIT

extension World {
    /// Decides a request to a pretend platform: faults, effect, ledger, answer.
    ///
    /// When the request comes back from a wait before its effect, `decided` holds the faults that were drawn earlier.
    mutating func handle(_ request: SimulatedRequest, _ host: Platform, decided: FaultEngine.Decision?) -> Reaction {
        let now = self.clock.world(atReal: request.realTime)
        let caller = self.caller(of: request, host, at: now)
        let platform = caller.platform
        let attributed = caller.account
        let subjectAccount = attributed ?? self.refreshing(request, platform)
        let subject = FaultEngine.Subject(
            platform: platform.rawValue, path: request.path, method: request.method,
            account: caller.adAccount?.key.externalID ?? subjectAccount?.key.externalID,
            handle: caller.adAccount?.name ?? subjectAccount?.handle)
        let faults = decided ?? self.faults.decide(subject)
        if decided == nil, let wait = faults.latencyBefore { return Reaction(step: .wait(wait, faults)) }
        if faults.reset != .before, faults.status?.when != .before {
            let addresses = self.addressesToFetch(request, caller, at: now)
            if !addresses.isEmpty { return Reaction(step: .fetch(addresses, faults)) }
        }

        var call = Call(
            request: request, platform: platform, now: now, isLeaving: faults.latencyAfter == nil,
            hiddenSeconds: faults.hiddenSeconds, account: attributed)
        call.isTokenDead = caller.isTokenDead
        call.bearer = caller.bearer
        call.parameters = caller.parameters
        call.adAccount = caller.adAccount
        call.isReviewRefused = faults.refusesReview
        // Of a batch each read is a call, and the batch itself none, unless it is refused before any of them.
        let isBatch = Self.isGraphBatch(call)
        let before = self.calls.count
        let logged =
            isBatch
            ? nil
            : self.calls.record(
                CallLog.Row(
                    platform: platform, account: call.owner, endpoint: self.countedEndpoint(call), worldTime: now))
        call.effect = self.effect(of: call)
        let attempt = call.effect.map { self.arrive($0, call) }

        if faults.reset == .before {
            self.settle(attempt, call, status: nil, answer: .resetBeforeEffect)
            return Reaction(step: .deliver(.reset(latency: faults.latencyAfter)))
        }
        if faults.expiresToken, call.bearer == nil, let key = attributed?.key {
            self.accounts[key]?.tokenExpiresAt = now
            if let account = self.accounts[key] { self.record(.account(account)) }
            call.isTokenDead = true
        }
        if faults.expiresToken, request.host == Platform.tikTokBusinessHost {
            self.killTikTokBusinessToken(request)
            call.isTokenDead = true
        }
        if faults.expiresToken, let bearer = call.bearer { call.bearer = self.expire(bearer, at: now) }
        var response: SimulatedResponse
        if let status = faults.status, status.when == .before {
            response = self.injected(status, call)
            self.settle(attempt, call, status: response.status, answer: .errorBeforeEffect)
        } else {
            response = self.answer(&call)
            if faults.reset == .after {
                self.settle(attempt, call, status: nil, answer: .resetAfterEffect)
                return Reaction(step: .deliver(.reset(latency: faults.latencyAfter)), uploads: call.uploads)
            }
            if let status = faults.status {
                response = self.injected(status, call)
                self.settle(attempt, call, status: response.status, answer: .errorAfterEffect)
                if let read = call.read { self.ledger.undelivered(Ledger.Receipt(read: read)) }
            } else {
                self.settle(attempt, call, status: response.status, answer: .delivered)
            }
        }
        if let logged { self.calls.answered(logged, status: response.status) }
        if isBatch, self.calls.count == before, response.status >= 400 {
            self.calls.record(
                CallLog.Row(
                    platform: platform, account: call.owner, endpoint: self.countedEndpoint(call), worldTime: now,
                    status: response.status))
        }
        let receipt = attempt == nil && call.read == nil ? nil : Ledger.Receipt(attempt: attempt, read: call.read)
        return Reaction(
            step: .deliver(
                .answer(
                    response, latency: faults.latencyAfter, bytesPerSecond: faults.bytesPerSecond, receipt: receipt)),
            uploads: call.uploads)
    }

    /// The account that a token request is about, so that a fault rule can name it.
    private func refreshing(_ request: SimulatedRequest, _ platform: Platform) -> SimulatedAccount? {
        let path = request.path.hasSuffix("/") ? String(request.path.dropLast()) : request.path
        guard request.method == "POST", path.hasSuffix("/token") else { return nil }
        let form = FormFields(parsing: String(decoding: request.body, as: UTF8.self))
        guard let token = form["refresh_token"], let key = self.refreshTokens[self.tokenKey(platform, token)] else {
            return nil
        }
        return self.accounts[key]
    }

    private mutating func arrive(_ effect: Call.Effect, _ call: Call) -> Int {
        self.ledger.arrive(
            Attempt(
                sequence: 0, kind: effect.kind, platform: call.platform.rawValue,
                account: call.owner, endpoint: effect.endpoint, marker: effect.marker,
                fingerprint: call.fingerprint, requestID: call.request.id, worldTime: call.now,
                realTime: call.request.realTime, position: self.serial + 1, arrivedAt: 0,
                isReply: effect.isReply, handle: effect.handle, listing: effect.listing,
                name: effect.name))
    }

    /// Who asks, and of which platform.
    private mutating func caller(of request: SimulatedRequest, _ host: Platform, at now: WorldTime) -> Caller {
        if host == .facebook || host == .instagram { return self.graphCaller(of: request, host, at: now) }
        if request.host == Platform.tikTokBusinessHost { return self.tikTokBusinessCaller(request) }
        if host == .x, Self.isSigned(request), !request.path.hasPrefix("/oauth/") {
            return Caller(
                platform: host, account: self.xSigner(request, at: now), adAccount: self.xAdAccount(of: request))
        }
        switch self.token(request.bearerToken, host, at: now) {
        case .unknown: return Caller(platform: host, account: host == .tiktok ? self.tikTokUploader(request) : nil)
        case .dead(let account): return Caller(platform: host, account: account, isTokenDead: true)
        case .alive(let account): return Caller(platform: host, account: account)
        }
    }

    /// What a person would see if this request worked.
    private func effect(of call: Call) -> Call.Effect? {
        switch call.platform {
        case .mock: self.mockEffect(call)
        case .x: self.xEffect(call)
        case .facebook, .instagram: self.graphEffect(call)
        case .tiktok: self.tikTokEffect(call)
        }
    }

    /// The platform's own answer.
    private mutating func answer(_ call: inout Call) -> SimulatedResponse {
        switch call.platform {
        case .mock: self.mockAnswer(&call)
        case .x: self.xAnswer(&call)
        case .facebook, .instagram: self.graphAnswer(&call)
        case .tiktok: self.tikTokAnswer(&call)
        }
    }

    private mutating func settle(_ attempt: Int?, _ call: Call, status: Int?, answer: Attempt.Answer) {
        guard let attempt else { return }
        self.ledger.settle(attempt, isLeaving: call.isLeaving) {
            $0.tookEffect = call.tookEffect
            $0.isHarmlessRepeat = call.isHarmlessRepeat
            $0.remoteID = call.remoteID
            $0.status = status
            $0.answer = answer
        }
        self.record(.attempt(self.ledger.attempts[attempt - 1]))
    }

    /// Records that an answer starts to leave after a latency.
    mutating func answering(_ receipt: Ledger.Receipt) {
        self.ledger.answering(receipt)
        if let attempt = receipt.attempt { self.record(.attempt(self.ledger.attempts[attempt - 1])) }
    }

    /// Records that the client had gone before an answer was out.
    mutating func undelivered(_ receipt: Ledger.Receipt) {
        self.ledger.undelivered(receipt)
        if let attempt = receipt.attempt { self.record(.attempt(self.ledger.attempts[attempt - 1])) }
    }

    /// The answer that a fault rule puts in place of the platform's own.
    private func injected(_ status: FaultRule.InjectedStatus, _ call: Call) -> SimulatedResponse {
        let wait = status.retryAfterSeconds
        var response =
            switch call.platform {
            case .mock: self.mockFault(status.code, call, retryAfter: wait)
            case .x: self.xFault(status.code, call, retryAfter: wait)
            case .facebook, .instagram: self.graphFault(status.code, call, retryAfter: wait)
            case .tiktok: self.tikTokFault(status.code, call)
            }
        if let body = status.body {
            if case .string(let text) = body {
                response.body = Array(text.utf8)
            } else {
                response.body = body.encoded
            }
        }
        for header in status.headers { response.set(header.name, header.value) }
        return response
    }
}
