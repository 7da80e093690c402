// SPDX-License-Identifier: MIT

import PQClient
import Testing

@Suite
struct ConfigurationTests {
    @Test(
        "the server's name is verified by default, except on this machine",
        arguments: [
            ("postgresql://db.example.org/x", "verify-full"), ("postgresql://10.0.0.5/x", "verify-full"),
            ("postgresql://localhost/x", "allow"), ("postgresql://127.0.0.1:5433/x", "allow"),
            ("postgresql://[::1]/x", "allow"), ("postgresql://%2Fvar%2Frun%2Fpostgresql/x", "allow"),
            ("postgresql://localhost,db.example.org/x", "verify-full"),
            ("postgresql://localhost.example.org/x", "verify-full"), ("postgresql://127.example.org/x", "verify-full"),
            ("postgresql://db.example.org/x?hostaddr=127.0.0.1", "allow"),
            ("postgresql://localhost/x?hostaddr=10.0.0.5", "verify-full"),
            ("postgresql://db.example.org/x?sslmode=require", "require"),
            ("postgresql://localhost/x?sslmode=verify-full", "verify-full"),
            ("host=db.example.org dbname=x", "verify-full"),
        ])
    func tls(_ url: String, _ mode: String) throws {
        #expect(try PQConfiguration(url: url, schema: "s").sslMode == mode)
    }

    @Test("cancel requests, which libpq 15 sends in clear text, stay on this machine by default")
    func cancelRequests() throws {
        #expect(try PQConfiguration(url: "postgresql://localhost/x", schema: "s").sendsCancelRequests)
        #expect(try !PQConfiguration(url: "postgresql://db.example.org/x", schema: "s").sendsCancelRequests)
    }

    @Test("no way of printing a configuration shows the password")
    func password() throws {
        let configuration = try PQConfiguration(url: "postgresql://me:hunter2@db.example.org/x", schema: "s")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("hunter2"))
            #expect(text.contains("db.example.org"))
        }
    }

    @Test("a URL that cannot be read is refused without being repeated")
    func badURL() throws {
        let error = #expect(throws: PQError.self) {
            try PQConfiguration(url: "postgresql://me:hunter2@host/x?colour=red", schema: "s")
        }
        #expect(error?.code == .configuration)
        #expect(error?.debugDescription.contains("hunter2") == false)
    }

    @Test("a schema name that would need quotes is refused", arguments: ["", "Public", "a-b", "1a", "a b", "ä", "a;b"])
    func schema(_ name: String) {
        let error = #expect(throws: PQError.self) { try PQConfiguration(url: "postgresql://localhost/x", schema: name) }
        #expect(error?.code == .configuration)
    }
}
