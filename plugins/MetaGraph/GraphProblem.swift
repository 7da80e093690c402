// SPDX-License-Identifier: MIT

package import Foundation
import PluginKit

/// What a refusal of Graph says.
package struct GraphProblem: Decodable, Sendable {
    private struct Envelope: Decodable { var error: GraphProblem }

    /// What went wrong, by number.
    package var code: Int
    /// More exactly, by number.
    package var subcode: Int?
    /// Whether Graph says that it will pass.
    package var isTransient: Bool
    /// For a developer.
    package var message: String?
    /// For the person who published.
    package var userMessage: String?
    /// The identity of the request, for Meta's support.
    package var traceID: String?
    /// The parameter that is to blame.
    package var field: String?

    private enum CodingKeys: String, CodingKey {
        case code, message
        case subcode = "error_subcode"
        case isTransient = "is_transient"
        case userMessage = "error_user_msg"
        case traceID = "fbtrace_id"
        case data = "error_data"
    }

    /// Reads a body; `nil` when it is no refusal of Graph's own.
    package init?(_ body: Data) {
        // A gateway's page or half an answer says nothing; its caller knows what that means.
        guard let envelope = try? JSONDecoder().decode(Envelope.self, from: body) else { return nil }
        self = envelope.error
    }

    /// Reads the `error` object.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.code = try container.decode(Int.self, forKey: .code)
        self.subcode = try container.decodeIfPresent(Int.self, forKey: .subcode)
        self.isTransient = try container.decodeIfPresent(Bool.self, forKey: .isTransient) ?? false
        self.message = try container.decodeIfPresent(String.self, forKey: .message)
        self.userMessage = try container.decodeIfPresent(String.self, forKey: .userMessage)
        self.traceID = try container.decodeIfPresent(String.self, forKey: .traceID)
        self.field = Self.blamed(try container.decodeIfPresent(GraphValue.self, forKey: .data))
    }

    /// Code and subcode as `100/33`, or the code alone.
    package var number: String { self.subcode.map { "\(self.code)/\($0)" } ?? "\(self.code)" }

    /// The first of `blame_field_specs`, which comes as an object or as JSON inside a text.
    private static func blamed(_ data: GraphValue?) -> String? {
        var data = data
        if case .text(let text) = data {
            // Sometimes it is only words, which blame nothing.
            data = try? JSONDecoder().decode(GraphValue.self, from: Data(text.utf8))
        }
        guard case .list(let specs) = data?["blame_field_specs"], case .list(let path) = specs.first,
            case .text(let name) = path.last
        else { return nil }
        return name
    }
}
