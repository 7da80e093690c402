// SPDX-License-Identifier: MIT

import Domain
import Logging
import PluginHost
import PluginKit
import Publishing

/// Takes note of every exchange with a platform: a line at `debug`, and its identity in the journal of the run that made it.
struct ExchangeLog: ExchangeRecorder {
    func record(_ exchange: ExchangeRecord) {
        ExchangeJournal.current?.add(permit: exchange.permit, requestID: exchange.requestID)
        Logger.current.debug("exchange with a platform", metadata: Self.facts(exchange))
    }

    static func facts(_ exchange: ExchangeRecord) -> Logger.Metadata {
        var facts: Logger.Metadata = [
            "http.method": "\(exchange.method)", "server.address": "\(exchange.host)", "url.path": "\(exchange.path)",
            "http.endpoint": "\(exchange.endpoint)", "http.seconds": .stringConvertible(exchange.duration.secondsValue),
        ]
        if let status = exchange.status { facts["http.status"] = .stringConvertible(status) }
        if let request = exchange.requestID { facts["http.request_id"] = "\(request)" }
        if let failure = exchange.failure { facts["error.type"] = "\(failure.rawValue)" }
        return facts
    }
}
