// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import PluginKit
import Testing

@Suite("Encoding of requests")
struct EncodingTests {
    @Test(
        "names and values are encoded as RFC 3986 wants it",
        arguments: [
            ("a b+c", "a%20b%2Bc"), ("-._~09AZ", "-._~09AZ"), ("ü&=/", "%C3%BC%26%3D%2F"), ("\n", "%0A"), ("", ""),
        ])
    func percent(text: String, encoded: String) { #expect(FormEncoding.encode(text) == encoded) }

    @Test("fields keep their order, and absent values are left out")
    func fields() {
        var fields: FormFields = ["b": "1", "a": "2 3"]
        fields.append("c", nil)
        fields.append("b", "4")
        #expect(fields.encoded == "b=1&a=2%203&b=4")
        #expect(FormFields().isEmpty)
    }

    @Test("a request names host, path, query and token")
    func request() {
        let request = HTTPRequest(.get, host: "api.example", path: "/v1", query: ["q": "x y"], bearer: Secret("t"))
        #expect(request.scheme == "https" && request.authority == "api.example" && request.path == "/v1?q=x%20y")
        #expect(request.headerFields[.authorization] == "Bearer t")
    }

    @Test("a multipart body has its parts between boundaries")
    func multipart() {
        var body = MultipartBody(boundary: "B")
        body.add("n", "v")
        body.add("f", filename: "a.png", type: "image/png", Data("xyz".utf8))
        let expected =
            "--B\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\nv\r\n"
            + "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\nxyz\r\n--B--\r\n"
        #expect(String(decoding: body.data, as: UTF8.self) == expected)
        #expect(body.contentType == "multipart/form-data; boundary=B")
    }

    @Test("a multipart body with a file of the disk is the same bytes, the file's left out")
    func streaming() {
        var body = MultipartBody(boundary: "B")
        body.add("n", "v")
        let streamed = body.streaming("f", filename: "a.mp4", type: "video/mp4", path: "/x", offset: 5, length: 3)
        guard case .framed(let head, "/x", 5, 3, let tail) = streamed else {
            Issue.record("not framed")
            return
        }
        body.add("f", filename: "a.mp4", type: "video/mp4", Data("xyz".utf8))
        #expect(head + Data("xyz".utf8) + tail == body.data)
    }

    @Test(
        "an address that a platform gave becomes a request to it",
        arguments: [
            ("https://up.example/a%2Fb/c?x=1&y=%20", "https", "up.example", "/a%2Fb/c?x=1&y=%20"),
            ("http://127.0.0.1:8300/up.example/v", "http", "127.0.0.1:8300", "/up.example/v"),
            ("https://up.example", "https", "up.example", "/"),
        ])
    func address(url: String, scheme: String, authority: String, path: String) {
        let request = HTTPRequest(.post, url: url)
        #expect(request?.scheme == scheme && request?.authority == authority && request?.path == path)
    }

    @Test("what is no address of a server is none", arguments: ["", "/a", "ftp://x/y", "https:///y", "https://u:p@x/"])
    func noAddress(url: String) { #expect(HTTPRequest(.post, url: url) == nil) }

    @Test("a challenge is that of RFC 7636's example")
    func challenge() {
        #expect(
            PKCE.challenge(for: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
                == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
        var generator = SystemRandomNumberGenerator()
        #expect(PKCE.makeVerifier(using: &generator).utf8.count == 43)
    }
}
