// SPDX-License-Identifier: MIT

extension World {
    /// Decides a request to a pretend platform: faults, effect, ledger, answer.
    ///
    /// When the request comes back from a wait before its effect, `decided` holds the faults that were drawn earlier.
    mutating func handle(_ request: SimulatedRequest, _ platform: Platform, decided: FaultEngine.Decision?) -> Reaction
    {
        let now = self.clock.world(atReal: request.realTime)
        let state = self.token(request.bearerToken, platform, at: now)
        let attributed: SimulatedAccount? =
            switch state {
            case .unknown: nil
            case .dead(let account), .alive(let account): account
            }
        let subjectAccount = attributed ?? self.refreshing(request, platform)
        let subject = FaultEngine.Subject(
            platform: platform.rawValue, path: request.path, method: request.method,
            account: subjectAccount?.key.externalID, handle: subjectAccount?.handle)
        let faults = decided ?? self.faults.decide(subject)
        if decided == nil, let wait = faults.latencyBefore { return Reaction(step: .wait(wait, faults)) }

        var call = Call(
            request: request, platform: platform, now: now, isLeaving: faults.latencyAfter == nil,
            hiddenSeconds: faults.hiddenSeconds, account: attributed)
        if case .dead = state { call.isTokenDead = true }
        self.calls.record(
            CallLog.Row(
                platform: platform, account: attributed?.key.externalID ?? "", endpoint: self.countedEndpoint(call),
                worldTime: now))
        call.effect = platform == .mock ? self.mockEffect(call) : self.xEffect(call)
        let attempt = call.effect.map { self.arrive($0, call) }

        if faults.reset == .before {
            self.settle(attempt, call, status: nil, answer: .resetBeforeEffect)
            return Reaction(step: .deliver(.reset(latency: faults.latencyAfter)))
        }
        if faults.expiresToken, let key = attributed?.key {
            self.accounts[key]?.tokenExpiresAt = now
            if let account = self.accounts[key] { self.record(.account(account)) }
            call.isTokenDead = true
        }
        var response: SimulatedResponse
        if let status = faults.status, status.when == .before {
            response = self.injected(status, call)
            self.settle(attempt, call, status: response.status, answer: .errorBeforeEffect)
        } else {
            response = platform == .mock ? self.mockAnswer(&call) : self.xAnswer(&call)
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
        let receipt = attempt == nil && call.read == nil ? nil : Ledger.Receipt(attempt: attempt, read: call.read)
        return Reaction(
            step: .deliver(
                .answer(
                    response, latency: faults.latencyAfter, bytesPerSecond: faults.bytesPerSecond, receipt: receipt)),
            uploads: call.uploads)
    }

    /// The account that a token request is about, so that a fault rule can name it.
    private func refreshing(_ request: SimulatedRequest, _ platform: Platform) -> SimulatedAccount? {
        guard request.method == "POST", request.path.hasSuffix("/token") else { return nil }
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
                account: call.account?.key.externalID ?? "", endpoint: effect.endpoint, marker: effect.marker,
                fingerprint: call.fingerprint, requestID: call.request.id, worldTime: call.now,
                realTime: call.request.realTime, position: self.serial + 1, arrivedAt: 0,
                isReply: effect.isReply))
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
        var response =
            call.platform == .mock
            ? self.mockFault(status.code, call, retryAfter: status.retryAfterSeconds)
            : self.xFault(status.code, call, retryAfter: status.retryAfterSeconds)
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
