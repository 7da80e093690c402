// SPDX-License-Identifier: MIT

import Testing

@testable import PluginKit

@Suite struct PublicAddressTests {
    @Test(
        "an address that a platform cannot fetch is refused by how it is written",
        arguments: [
            "", "cover.jpg", "ftp://a.example/c.jpg", "file:///etc/passwd", "https:///c.jpg",
            "data:image/jpeg;base64,AA",
            "https://ada:secret@a.example/c.jpg", "http://127.0.0.1/c.jpg", "http://10.1.2.3/c.jpg",
            "http://[::1]/c.jpg",
            "http://[fd00::1]/c.jpg", "http://169.254.169.254/latest", "http://localhost/c.jpg", "http://cdn/c.jpg",
            "http://printer.local/c.jpg", "http://db.internal/c.jpg", "http://2130706433/c.jpg", "http://0x7f.1/c.jpg",
            "http://127.1/c.jpg", "http://a.localhost./c.jpg",
        ])
    func refused(_ address: String) throws {
        let problem = try #require(PublicAddress.problem(with: address), "\(address)")
        #expect(!problem.contains("secret"))
    }

    @Test(
        "an address of the public network is taken",
        arguments: ["https://a.example/c.jpg", "http://93.184.216.34/c.jpg", "HTTPS://cdn.a.example:8443/c.jpg?x=1"])
    func taken(_ address: String) {
        #expect(PublicAddress.problem(with: address) == nil)
    }
}
