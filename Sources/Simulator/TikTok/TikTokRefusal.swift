// SPDX-License-Identifier: MIT

/// A refusal of TikTok's open API: `{"data":{},"error":{"code","message","log_id"}}`.
struct TikTokRefusal: Error, Sendable {
    var status: Int
    var code: String
    var message: String
    /// Whether it is of the token endpoint, whose errors are flat; with which HTTP status they come is uncertain.
    var isFlat = false

    func response(logID: String) -> SimulatedResponse {
        if self.isFlat {
            return .json(
                [
                    "error": .string(self.code), "error_description": .string(self.message), "log_id": .string(logID),
                ], status: self.status)
        }
        return .json(
            [
                "data": [:],
                "error": ["code": .string(self.code), "message": .string(self.message), "log_id": .string(logID)],
            ], status: self.status)
    }

    static func invalid(_ message: String) -> Self { Self(status: 400, code: "invalid_params", message: message) }

    static func forbidden(_ code: String, _ message: String) -> Self { Self(status: 403, code: code, message: message) }

    static func oauth(_ code: String, _ message: String) -> Self {
        Self(status: 400, code: code, message: message, isFlat: true)
    }

    static let badToken = Self(
        status: 401, code: "access_token_invalid",
        message: "The access token is invalid or not found in the request.")

    static func needs(_ scope: String) -> Self {
        Self(
            status: 401, code: "scope_not_authorized",
            message: "The user did not authorize the scope required for completing this request: \(scope)")
    }

    static let tooFast = Self(
        status: 429, code: "rate_limit_exceeded", message: "The API rate limit was exceeded. Please try again later.")

    static let tooManyPosts = Self.forbidden(
        "spam_risk_too_many_posts", "The daily post cap from the API is reached for the current user.")

    static let banned = Self.forbidden(
        "spam_risk_user_banned_from_posting", "The user is banned from making new posts.")

    static let notFound = Self(status: 404, code: "invalid_request", message: "There is no such path.")
}
