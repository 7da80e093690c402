// SPDX-License-Identifier: MIT

import Crypto
import Foundation

/// HMAC-SHA256 (RFC 2104) as platforms sign what they send us, compared in constant time.
public enum WebhookSignature {
    /// Signs with an app's secret.
    public static func sign(_ message: [UInt8], secret: Secret) -> [UInt8] {
        Array(
            HMAC<SHA256>.authenticationCode(
                for: message, using: SymmetricKey(data: Data(secret.revealed.utf8))))
    }

    /// Whether a signature in hexadecimal digits is that of a message.
    public static func isValid(hex: String, of message: [UInt8], secret: Secret) -> Bool {
        guard let bytes = Self.bytes(hex: hex) else { return false }
        return Self.isValid(bytes, message, secret)
    }

    /// Whether a signature in base 64 is that of a message.
    public static func isValid(base64: String, of message: [UInt8], secret: Secret) -> Bool {
        guard let data = Data(base64Encoded: base64) else { return false }
        return Self.isValid(Array(data), message, secret)
    }

    private static func isValid(_ signature: [UInt8], _ message: [UInt8], _ secret: Secret) -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(
            signature, authenticating: message, using: SymmetricKey(data: Data(secret.revealed.utf8)))
    }

    private static func bytes(hex: String) -> [UInt8]? {
        let digits = Array(hex.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index...(index + 1)], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        return bytes
    }
}
