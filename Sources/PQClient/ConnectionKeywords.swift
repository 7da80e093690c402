// SPDX-License-Identifier: MIT

import CLibPQ
import Glibc

/// Connection keywords as libpq itself understands them.
enum ConnectionKeywords {
    /// The keywords and values of a connection URL.
    static func parse(url: String) throws(PQError) -> [String: String] {
        guard let options = unsafe PQconninfoParse(url, nil) else {
            // libpq's message repeats the text, and with it the password.
            throw PQError(
                .configuration,
                "the database URL cannot be read; it looks like postgresql://user@host:5432/database?sslmode=verify-full"
            )
        }
        defer { unsafe PQconninfoFree(options) }
        return unsafe self.collect(options)
    }

    /// What the environment, a service file and libpq's compiled defaults say.
    ///
    /// An `sslmode` is in it only when the environment or a service file asks for one: the compiled default, `prefer`, verifies nothing.
    static func environment() -> [String: String] {
        guard let options = unsafe PQconndefaults() else { return [:] }
        defer { unsafe PQconninfoFree(options) }
        var keywords = unsafe self.collect(options)
        if unsafe getenv("PGSSLMODE") == nil, keywords["sslmode"] == "prefer" { keywords["sslmode"] = nil }
        return keywords
    }

    private static func collect(_ options: UnsafeMutablePointer<PQconninfoOption>) -> [String: String] {
        var keywords: [String: String] = [:]
        var option = unsafe options
        while let keyword = unsafe option.pointee.keyword {
            if let value = unsafe option.pointee.val {
                let text = unsafe String(cString: value)
                if !text.isEmpty { keywords[unsafe String(cString: keyword)] = text }
            }
            unsafe option += 1
        }
        return keywords
    }
}
