// SPDX-License-Identifier: MIT

import PQClient
import TestSupport
import Testing

@Suite(.postgresSchema)
struct ErrorTests {
    init() async throws {
        try await pool.execute(
            """
            CREATE TABLE client (
                client_id bigint PRIMARY KEY,
                email text NOT NULL CONSTRAINT client_email_unique UNIQUE,
                age integer CONSTRAINT age_positive CHECK (age > 0)
            )
            """)
        try await pool.execute("INSERT INTO client VALUES (1, \("ann@example.org"), 5)")
    }

    @Test("a refused row names the constraint, table and state, and its description holds no value")
    func unique() async throws {
        let error = await #expect(throws: PQError.self) {
            try await pool.execute("INSERT INTO client VALUES (2, \("ann@example.org"), 5)")
        }
        #expect(error?.code == .server)
        #expect(error?.sqlState == .uniqueViolation)
        #expect(error?.constraint == "client_email_unique")
        #expect(error?.table == "client")
        #expect(error?.isRetryable == false)
        #expect(error?.description.contains("ann@") == false)
        #expect(error?.debugDescription.contains("ann@") == true)
    }

    @Test("a missing value names the column")
    func notNull() async throws {
        let error = await #expect(throws: PQError.self) {
            try await pool.execute("INSERT INTO client VALUES (3, \(String?.none), 5)")
        }
        #expect(error?.sqlState == .notNullViolation)
        #expect(error?.column == "email")
    }

    @Test("a check names its constraint")
    func check() async throws {
        let error = await #expect(throws: PQError.self) {
            try await pool.execute("INSERT INTO client VALUES (4, 'b', -1)")
        }
        #expect(error?.sqlState == .checkViolation)
        #expect(error?.constraint == "age_positive")
    }

    @Test("a value the server cannot read is not repeated in the description")
    func badValue() async throws {
        let error = await #expect(throws: PQError.self) {
            try await pool.query("SELECT \("secret-token")::integer")
        }
        #expect(error?.sqlState?.category == "22")
        #expect(error?.description.contains("secret") == false)
    }

    @Test("the statement is part of the error's details, without its values")
    func statement() async throws {
        let error = await #expect(throws: PQError.self) { try await pool.query("SELECT \("secret") FROM nowhere") }
        #expect(error?.statement == "SELECT $1 FROM nowhere")
        #expect(error?.sqlState == .undefinedTable)
    }

    @Test("only answers that cannot have taken effect are retryable")
    func retryable() {
        #expect(PQError(.connectionLost, "x").isRetryable)
        #expect(!PQError(.connectionLost, "x", outcomeUnknown: true).isRetryable)
        #expect(PQError(.server, "x", sqlState: .deadlockDetected).isRetryable)
        #expect(!PQError(.server, "x", sqlState: .uniqueViolation).isRetryable)
        #expect(!PQError(.cancelled, "x").isRetryable)
    }
}
