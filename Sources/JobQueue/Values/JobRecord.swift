// SPDX-License-Identifier: MIT

package import PQClient

/// What ends of runs write, for all that end at the same moment in the same statements.
package protocol JobRecord: Sendable {
    /// Writes the records of runs that end in one transaction, each as if it were written alone.
    ///
    /// - Parameters:
    ///   - records: The records; at least one.
    ///   - db: The transaction that ends the runs.
    /// - Returns: Statements that are still to be run in that transaction and whose rows nobody needs: they go in the round
    ///   trip that ends the runs.
    /// - Throws: What the database throws. When several were written together, each is then tried by itself.
    static func write(_ records: [Self], on db: inout Transaction) async throws -> [Statement]
}

extension JobRecord {
    /// Writes one record in a transaction of any kind.
    package func write(on db: inout Transaction) async throws {
        let rest = try await Self.write([self], on: &db)
        if !rest.isEmpty { _ = try await db.pipeline(rest) }
    }
}

extension JobResult {
    /// Something to write in the transaction that ends the run.
    package struct Record: Sendable {
        private enum Way: Sendable {
            case alone(@Sendable (inout Transaction) async throws -> Void)
            case together(any JobRecord)
        }

        private let way: Way

        /// What is written one after another.
        package init(_ write: @escaping @Sendable (inout Transaction) async throws -> Void) { self.way = .alone(write) }

        /// What is written together with others of its kind.
        package init(_ record: some JobRecord) { self.way = .together(record) }

        /// Writes it, alone.
        package func callAsFunction(_ db: inout Transaction) async throws {
            switch self.way {
            case .alone(let write): try await write(&db)
            case .together(let record): try await record.write(on: &db)
            }
        }

        /// Writes records in one transaction: those of a kind together.
        ///
        /// - Returns: The statements that are still to be run in it.
        static func write(_ records: [Record], on db: inout Transaction) async throws -> [Statement] {
            var kinds: [(kind: ObjectIdentifier, records: [any JobRecord])] = []
            for record in records {
                switch record.way {
                case .alone(let write): try await write(&db)
                case .together(let record):
                    let kind = ObjectIdentifier(type(of: record))
                    if let position = kinds.firstIndex(where: { $0.kind == kind }) {
                        kinds[position].records.append(record)
                    } else {
                        kinds.append((kind, [record]))
                    }
                }
            }
            var rest: [Statement] = []
            for (_, records) in kinds { rest += try await Self.write(records, like: records[0], on: &db) }
            return rest
        }

        private static func write<Kind: JobRecord>(
            _ records: [any JobRecord], like first: Kind, on db: inout Transaction
        ) async throws -> [Statement] {
            try await Kind.write(records.compactMap { $0 as? Kind }, on: &db)
        }
    }
}
