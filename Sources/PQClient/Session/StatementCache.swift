// SPDX-License-Identifier: MIT

/// The prepared statements of one session, least recently used first out.
struct StatementCache {
    /// What makes two statements the same: text and types.
    struct Key: Hashable {
        var sql: String
        var types: [UInt32]

        init(_ statement: Statement) {
            self.sql = statement.sql
            self.types = statement.binds.entries.map(\.oid)
        }
    }

    private struct Entry {
        var name: String
        var lastUse: UInt64
    }

    let capacity: Int
    private var entries: [Key: Entry] = [:]
    private var uses: UInt64 = 0
    private var names: UInt64 = 0

    init(capacity: Int) { self.capacity = capacity }

    var count: Int { self.entries.count }

    /// The name under which the statement is prepared.
    mutating func name(for key: Key) -> String? {
        self.uses += 1
        guard let index = self.entries.index(forKey: key) else { return nil }
        self.entries.values[index].lastUse = self.uses
        return self.entries.values[index].name
    }

    /// Names a statement about to be prepared, and the one to deallocate to make room.
    mutating func reserve(_ key: Key) -> (name: String, evicted: String?) {
        var evicted: String?
        if self.entries.count >= self.capacity,
            let oldest = self.entries.min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            evicted = oldest.value.name
            self.entries.removeValue(forKey: oldest.key)
        }
        self.names += 1
        self.uses += 1
        let name = "ph_\(self.names)"
        self.entries[key] = Entry(name: name, lastUse: self.uses)
        return (name, evicted)
    }

    /// Drops a statement the server no longer knows, or never knew.
    mutating func forget(_ key: Key) { self.entries.removeValue(forKey: key) }
}
