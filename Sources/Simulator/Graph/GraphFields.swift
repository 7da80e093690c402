// SPDX-License-Identifier: MIT

/// One field of a `fields` parameter: `name.modifier(value){children}`.
struct GraphField: Sendable, Equatable {
    var name: String
    var modifiers: [String: String] = [:]
    var children: [GraphField] = []
}

/// Reads the language of the `fields` parameter.
struct GraphFieldParser {
    private let characters: [Character]
    private var index = 0

    /// Reads a whole parameter; `nil` gives no fields.
    ///
    /// - Throws: ``GraphRefusal`` 2500 when it is not well formed.
    static func parse(_ text: String?) throws(GraphRefusal) -> [GraphField] {
        guard let text, !text.isEmpty else { return [] }
        var parser = GraphFieldParser(characters: Array(text.filter { !$0.isWhitespace }))
        let fields = try parser.fields()
        guard parser.index == parser.characters.count else { throw parser.failure }
        return fields
    }

    private init(characters: [Character]) { self.characters = characters }

    private var failure: GraphRefusal {
        GraphRefusal(
            code: 2500, message: "Syntax error \"Expected end of string instead of ...\" at character \(self.index)")
    }

    private var next: Character? { self.index < self.characters.count ? self.characters[self.index] : nil }

    private mutating func take(_ character: Character) -> Bool {
        guard self.next == character else { return false }
        self.index += 1
        return true
    }

    private mutating func name() throws(GraphRefusal) -> String {
        let start = self.index
        while let next = self.next, next.isASCII, next.isLetter || next.isNumber || next == "_" { self.index += 1 }
        guard self.index > start else { throw self.failure }
        return String(self.characters[start..<self.index])
    }

    private mutating func fields() throws(GraphRefusal) -> [GraphField] {
        var fields: [GraphField] = []
        repeat {
            var field = GraphField(name: try self.name())
            while self.take(".") {
                let modifier = try self.name()
                guard self.take("(") else { throw self.failure }
                var value = ""
                while let next = self.next, next != ")" {
                    value.append(next)
                    self.index += 1
                }
                guard self.take(")") else { throw self.failure }
                field.modifiers[modifier] = value
            }
            if self.take("{") {
                field.children = try self.fields()
                guard self.take("}") else { throw self.failure }
            }
            fields.append(field)
        } while self.take(",")
        return fields
    }
}
