// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import Testing

@testable import PluginKit

@Suite("Signatures of OAuth 1.0a")
struct OAuth1Tests {
    @Test("the text that is signed is that of RFC 5849, 3.4.1")
    func baseString() {
        let parts = OAuth1.Parts(
            method: "post", url: "http://example.com/request",
            fields: ["b5": "=%3D", "a3": "a", "c@": "", "a2": "r b", "c2": "", "a3": "2 q"],
            protocolFields: [
                "oauth_consumer_key": "9djdj82h48djs9d2", "oauth_token": "kkk9d7dh3k39sjv7",
                "oauth_signature_method": "HMAC-SHA1", "oauth_timestamp": "137131201", "oauth_nonce": "7d8f3e4a",
            ])
        #expect(
            OAuth1.baseString(parts)
                == "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
        )
    }

    @Test("the signatures of RFC 5849, 1.2: for the token, and for a photo")
    func rfc() {
        var credential = OAuth1Credential(
            consumerKey: "dpf43f3p2l4k3l03", consumerSecret: Secret("kd94hf93k423kf44"), token: "hh5s93j4hdidpola",
            tokenSecret: Secret("hdhd0244k9j7ao03"))
        let token = OAuth1.Parts(
            method: "POST", url: "https://photos.example.net/token",
            protocolFields: [
                "oauth_consumer_key": "dpf43f3p2l4k3l03", "oauth_token": "hh5s93j4hdidpola",
                "oauth_signature_method": "HMAC-SHA1", "oauth_timestamp": "137131201", "oauth_nonce": "walatlh",
                "oauth_verifier": "hfdp7dh39dks9884",
            ])
        #expect(OAuth1.signature(token, credential) == "gKgrFCywp7rO0OXSjdot/IHF7IU=")
        credential.tokenSecret = Secret("pfkkdhi9sl3r4s00")
        let photo = OAuth1.Parts(
            method: "GET", url: "http://photos.example.net/photos",
            fields: ["file": "vacation.jpg", "size": "original"],
            protocolFields: [
                "oauth_consumer_key": "dpf43f3p2l4k3l03", "oauth_token": "nnch734d00sl2jdk",
                "oauth_signature_method": "HMAC-SHA1", "oauth_timestamp": "137131202", "oauth_nonce": "chapoH",
            ])
        #expect(OAuth1.signature(photo, credential) == "MdpQcU8iPSUjWoN/UDMsK2sui9I=")
    }

    @Test("the header of X's documented example has its signature")
    func x() {
        let header = OAuth1.authorization(
            .post, "https://api.x.com/1.1/statuses/update.json",
            fields: [
                "include_entities": "true", "status": "Hello Ladies + Gentlemen, a signed OAuth request!",
            ],
            as: OAuth1Credential(
                consumerKey: "xvz1evFS4wEEPTGEFPHBog",
                consumerSecret: Secret("kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw"),
                token: "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
                tokenSecret: Secret("LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE")),
            nonce: "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg", now: Date(timeIntervalSince1970: 1_318_622_958))
        #expect(header.hasPrefix("OAuth oauth_consumer_key=\"xvz1evFS4wEEPTGEFPHBog\", "))
        #expect(header.contains("oauth_signature=\"Ls93hJiZbQ3akF3HF3x1Bz8%2FzU4%3D\""), "\(header)")
        #expect(!header.contains("kAcSOqF2") && !header.contains("LswwdoUa"))
    }

    @Test("a set of tokens holds a credential of OAuth 1.0a besides, whole or not at all")
    func beside() throws {
        var tokens = TokenSet(accessToken: Secret("a"), refreshToken: Secret("r"))
        #expect(tokens.oauth1 == nil)
        tokens.oauth1 = OAuth1Credential(
            consumerKey: "k", consumerSecret: Secret("s"), token: "t", tokenSecret: Secret("ts"))
        let read = try JSONDecoder().decode(TokenSet.self, from: JSONEncoder().encode(tokens))
        #expect(read == tokens && read.oauth1?.token == "t" && read.refreshToken == Secret("r"))
        tokens.extra["oauth1_token"] = nil
        #expect(tokens.oauth1 == nil)
        #expect(read.secrets.contains(Secret("ts")))
    }
}
