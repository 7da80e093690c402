// SPDX-License-Identifier: MIT

/// A refusal of Graph, in its error shape.
///
/// Which HTTP status goes with which code is not documented and uncertain; clients decide by the code.
struct GraphRefusal: Error, Sendable {
    var status = 400
    var code: Int
    var subcode: Int?
    var type = "OAuthException"
    var message: String
    /// What a person may read.
    var userMessage: String?
    var isTransient = false
    /// The parameter that is to blame.
    var field: String?

    /// The answer; `trace` becomes `fbtrace_id`.
    func response(trace: String) -> SimulatedResponse {
        .json(
            [
                "error": [
                    "message": .string(self.message), "type": .string(self.type), "code": JSONValue(self.code),
                    "error_subcode": self.subcode.map { JSONValue($0) },
                    "is_transient": self.isTransient ? true : nil,
                    "error_user_title": self.userMessage.map { _ in "The request cannot be carried out" },
                    "error_user_msg": self.userMessage.map { .string($0) },
                    "error_data": self.field.map { ["blame_field_specs": [[.string($0)]]] },
                    "fbtrace_id": .string(trace),
                ]
            ], status: self.status)
    }
}

extension GraphRefusal {
    /// 100: a parameter is wrong; the subcode says how, when it is one of the documented.
    static func invalid(_ message: String, subcode: Int? = nil, user: String? = nil) -> Self {
        Self(code: 100, subcode: subcode, message: "(#100) " + message, userMessage: user)
    }

    static func unknownParameter(_ name: String) -> Self {
        var refusal = Self.invalid("The parameter \(name) is not known")
        refusal.field = name
        return refusal
    }

    static func missing(_ name: String) -> Self {
        var refusal = Self.invalid("The parameter \(name) is required")
        refusal.field = name
        return refusal
    }

    static func illTyped(_ name: String, _ kind: GraphSchema.Kind) -> Self {
        var refusal = Self.invalid("Param \(name) must be \(kind.name)")
        refusal.field = name
        return refusal
    }

    /// 100/33: gone, or not visible to this token.
    static func noObject(_ id: String, _ method: String) -> Self {
        Self(
            code: 100, subcode: 33, type: "GraphMethodException",
            message:
                "Unsupported \(method.lowercased()) request. Object with ID '\(id)' does not exist, cannot be loaded due to missing permissions, or does not support this operation."
        )
    }

    /// 190: the token is dead; the subcode says why.
    static func deadToken(_ subcode: Int?) -> Self {
        let reason =
            switch subcode {
            case 458: "The user has not authorized the application."
            case 460: "The session has been invalidated because the user changed their password."
            case 463: "Session has expired."
            case 464: "Sessions for the user are not allowed because the user is not a confirmed user."
            case 467: "The session is invalid."
            default: "Cannot parse access token."
            }
        return Self(
            code: 190, subcode: subcode,
            message: subcode == nil
                ? "Invalid OAuth access token - \(reason)" : "Error validating access token: \(reason)")
    }

    static let noToken = Self(code: 104, message: "An access token is required to request this resource.")

    static let noActiveToken = Self(
        code: 2500, message: "An active access token must be used to query information about the current user.")

    /// 10: the token lacks a permission.
    static func needs(_ scope: String) -> Self {
        Self(
            status: 403, code: 10,
            message: "(#10) This endpoint requires the '\(scope)' permission or the right role on the object.")
    }

    /// 200: the person has no role there.
    static let noRole = Self(
        status: 403, code: 200, message: "(#200) The user has no task on this Page, or the token is not for it.")

    /// 210: a Page token is needed.
    static let needsPageToken = Self(
        status: 403, code: 210, message: "(#210) A page access token is required to request this resource.")

    static let serviceProblem = Self(
        status: 500, code: 2, message: "An unexpected error has occurred. Please retry your request later.",
        isTransient: true)

    static let unknownProblem = Self(status: 500, code: 1, message: "An unknown error occurred")

    static func limit(_ code: Int, _ message: String) -> Self {
        Self(status: code == 4 ? 403 : 400, code: code, message: "(#\(code)) " + message)
    }

    static let oldVersion = Self(
        code: 2635,
        message:
            "(#2635) You are calling a deprecated or unknown version of the Graph API. Please update to v25.0 or v26.0."
    )

    /// 803: an alias that names nothing.
    static func noAlias(_ name: String) -> Self {
        Self(code: 803, message: "(#803) Some of the aliases you requested do not exist: \(name)")
    }

    static func unsupported(_ method: String) -> Self {
        Self(
            code: 100, type: "GraphMethodException",
            message: "Unsupported \(method.lowercased()) request. The object has no such connection.")
    }
}
