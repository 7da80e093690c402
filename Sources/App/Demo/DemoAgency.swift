// SPDX-License-Identifier: MIT

import Domain
import Foundation

/// The pretend agency: clients in four zones and currencies, each with accounts on both pretend platforms.
struct DemoAgency: Sendable {
    /// One client.
    struct Client: Sendable {
        var slug: String
        var name: String
        var zone: String
        var currency: String
        var accounts: [Account]
        var voice: DemoVoice
        var rhythm: [Beat]
        var pictures: [String]
    }

    /// One account.
    struct Account: Sendable {
        var slug: String
        var platform: String
        var externalID: String
        var handle: String
        var name: String
        var followers: Int
        /// What the pretend platform takes as its token.
        var token: String { "demo-access-\(self.externalID)" }
        /// What renews it.
        var refreshToken: String { "demo-refresh-\(self.externalID)" }
    }

    /// A regular slot of a client's calendar.
    struct Beat: Sendable {
        /// The accounts that get the same post.
        var accounts: [String]
        /// Local time.
        var hour: Int
        var minute: Int
        /// Monday is 0.
        var weekdays: Set<Int>
        /// Whether it moves by up to a quarter of an hour.
        var isLoose = true
    }

    private static let every: Set<Int> = [0, 1, 2, 3, 4, 5, 6]
    private static let working: Set<Int> = [0, 1, 2, 3, 4]

    /// The clients in the order in which they are shown.
    static let clients: [Client] = [bakery, museum, ramen, bicycles]

    static let bakery = Client(
        slug: "hafenbrot", name: "Backhaus Hafenbrot", zone: "Europe/Berlin", currency: "EUR",
        accounts: [
            Account(
                slug: "mock", platform: "mock", externalID: "hafenbrot", handle: "hafenbrot",
                name: "Backhaus Hafenbrot",
                followers: 8_400),
            Account(
                slug: "x", platform: "x", externalID: "7710000001", handle: "hafenbrot", name: "Backhaus Hafenbrot",
                followers: 3_100),
            Account(
                slug: "cafe", platform: "mock", externalID: "hafencafe", handle: "hafencafe", name: "Hafencafé",
                followers: 2_250),
        ],
        voice: .bakery,
        rhythm: [
            Beat(accounts: ["mock", "x"], hour: 6, minute: 45, weekdays: [0, 1, 2, 3, 4, 5]),
            Beat(accounts: ["cafe"], hour: 14, minute: 30, weekdays: [1, 2, 3, 4, 5, 6]),
            Beat(accounts: ["mock"], hour: 17, minute: 30, weekdays: [0, 2, 4]),
            Beat(accounts: ["x"], hour: 12, minute: 0, weekdays: [1, 3]),
            Beat(accounts: ["mock"], hour: 2, minute: 30, weekdays: [6], isLoose: false),
        ], pictures: ["a tray of rolls", "a loaf cut open", "the bakehouse at night"])

    static let museum = Client(
        slug: "pier17", name: "Pier 17 Harbor Museum", zone: "America/New_York", currency: "USD",
        accounts: [
            Account(
                slug: "mock", platform: "mock", externalID: "pier17", handle: "pier17museum", name: "Pier 17 Museum",
                followers: 15_800),
            Account(
                slug: "x", platform: "x", externalID: "7710000002", handle: "pier17museum", name: "Pier 17 Museum",
                followers: 21_300),
        ],
        voice: .museum,
        rhythm: [
            Beat(accounts: ["mock", "x"], hour: 10, minute: 0, weekdays: [1, 2, 3, 4, 5, 6]),
            Beat(accounts: ["x"], hour: 16, minute: 30, weekdays: [2, 4, 5]),
        ], pictures: ["the ferry bell", "a tugboat at the pier", "signal flags"])

    static let ramen = Client(
        slug: "menya", name: "Menya Tanuki", zone: "Asia/Tokyo", currency: "JPY",
        accounts: [
            Account(
                slug: "mock", platform: "mock", externalID: "menya", handle: "menyatanuki", name: "Menya Tanuki",
                followers: 12_600),
            Account(
                slug: "x", platform: "x", externalID: "7710000003", handle: "menyatanuki", name: "Menya Tanuki",
                followers: 30_500),
            Account(
                slug: "shibuya", platform: "mock", externalID: "menya-shibuya", handle: "menya_shibuya",
                name: "Menya Tanuki Shibuya", followers: 4_700),
        ],
        voice: .ramen,
        rhythm: [
            Beat(accounts: ["mock", "x"], hour: 11, minute: 0, weekdays: every),
            Beat(accounts: ["shibuya"], hour: 17, minute: 45, weekdays: working),
            Beat(accounts: ["mock"], hour: 20, minute: 15, weekdays: [4, 5]),
        ], pictures: ["a bowl of ramen with egg", "noodles on a board", "the counter at noon"])

    static let bicycles = Client(
        slug: "bicimundo", name: "Bicimundo Oficina", zone: "America/Sao_Paulo", currency: "BRL",
        accounts: [
            Account(
                slug: "mock", platform: "mock", externalID: "bicimundo", handle: "bicimundo", name: "Bicimundo",
                followers: 5_900),
            Account(
                slug: "x", platform: "x", externalID: "7710000004", handle: "bicimundo", name: "Bicimundo",
                followers: 2_700),
        ],
        voice: .bicycles,
        rhythm: [
            Beat(accounts: ["mock", "x"], hour: 12, minute: 15, weekdays: [0, 2, 4]),
            Beat(accounts: ["mock"], hour: 18, minute: 30, weekdays: [1, 3]),
            Beat(accounts: ["x"], hour: 9, minute: 30, weekdays: [5]),
        ], pictures: ["a wheel on the truing stand", "an old Caloi 10"])
}
