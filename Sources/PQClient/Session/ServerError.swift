// SPDX-License-Identifier: MIT

import CLibPQ

extension PQError {
    /// The error in a result of the server.
    init(_ result: borrowing ResultHandle, statement: String?) {
        let state = result.errorField("C").map { SQLState(rawValue: $0) }
        let severity = result.errorField("V") ?? ""
        let fullMessage = unsafe String(cString: PQresultErrorMessage(result.raw))
        let message = result.errorField("M") ?? fullMessage.firstLine
        // Without a state the error is libpq's own: the server is gone. FATAL and PANIC end the session.
        let isLost = state == nil || severity == "FATAL" || severity == "PANIC"
        self.init(isLost ? .connectionLost : .server, message, sqlState: state)
        self.detail = result.errorField("D")
        self.hint = result.errorField("H")
        self.constraint = result.errorField("n")
        self.table = result.errorField("t")
        self.column = result.errorField("c")
        self.statement = statement
    }
}

extension String {
    /// The first line, without its end.
    var firstLine: String {
        String(self.prefix { $0 != "\n" })
    }
}
