// SPDX-License-Identifier: MIT

import Crypto
import Foundation

/// Proof Key for Code Exchange (RFC 7636), method S256.
public enum PKCE {
    /// The challenge that belongs to a verifier.
    public static func challenge(for verifier: String) -> String {
        Self.base64URL(Data(SHA256.hash(data: Data(verifier.utf8))))
    }

    /// Makes a verifier of 43 characters from 32 random bytes.
    public static func makeVerifier(using generator: inout some RandomNumberGenerator) -> String {
        Self.base64URL(Data((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }))
    }

    private static func base64URL(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
