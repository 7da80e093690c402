// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import Hummingbird
import MediaTestSupport
import NIOCore
import Publishing
import Synchronization
import Testing

@testable import MediaHost

@Suite struct MediaDownloadTests {
    private static let png = Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) + Data(repeating: 7, count: 1000)

    private static func answer(_ data: Data, _ status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, body: ResponseBody(byteBuffer: ByteBuffer(bytes: data)))
    }

    private static func onward(_ location: String) -> Response {
        Response(status: .found, headers: [.location: location])
    }

    private static func download(
        _ folder: SampleFolder, hosts: [String: [String]] = ["files.test": ["127.0.0.1"]], loopback: Bool = true,
        byteCount: Int64 = 1 << 20, whole: Duration = .seconds(60)
    ) -> MediaDownload {
        var limits = MediaDownload.Limits()
        limits.whole = whole
        limits.allowsLoopback = loopback
        limits.byteCount = byteCount
        return MediaDownload(folder: folder.url, limits: limits, resolver: FakeResolver(hosts: hosts))
    }

    private static func refusal(_ download: MediaDownload, _ address: String) async -> String {
        do {
            try await download.withFile(at: address) { _ in }
            return "it was fetched"
        } catch {
            return "\(error)"
        }
    }

    @Test("a file is fetched from the address that was checked, over redirects, and is gone afterwards")
    func fetches() async throws {
        let hosts = Mutex<[String]>([])
        try await FakeWebsite.with { request in
            hosts.withLock { $0.append(request.head.authority ?? "") }
            return request.uri.path == "/a" ? Self.onward("/b?x=1") : Self.answer(Self.png)
        } _: { site in
            try await SampleFolder.with { folder in
                let read = try await Self.download(folder).withFile(at: "http://files.test:\(site.port)/a") { file in
                    try Data(contentsOf: file)
                }
                #expect(read == Self.png)
                let left = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
                #expect(left.isEmpty)
                #expect(hosts.withLock { $0 } == ["files.test:\(site.port)", "files.test:\(site.port)"])
            }
        }
    }

    @Test("a server that begins a file and does not end it holds nobody longer than a file may take")
    func unfinished() async throws {
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        try await FakeWebsite.with { _ in
            Response(
                status: .ok,
                body: ResponseBody { writer in
                    try await writer.write(ByteBuffer(bytes: Self.png))
                    for await _ in gate {}
                    try await writer.finish(nil)
                })
        } _: { site in
            try await SampleFolder.with { folder in
                let said = await Self.refusal(
                    Self.download(folder, whole: .milliseconds(150)), "http://files.test:\(site.port)/a")
                opener.finish()
                #expect(said.contains("longer than a file may take"), "\(said)")
                let left = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
                #expect(left.isEmpty)
            }
        }
    }

    @Test(
        "addresses that lead into a private network are refused before anything is sent",
        arguments: [
            "http://10.0.0.1/a", "http://127.0.0.1/a", "http://[::1]/a", "http://[::ffff:10.0.0.1]/a",
            "http://169.254.169.254/latest/meta-data", "https://inner.test/a", "http://mixed.test/a",
        ])
    func inner(_ address: String) async throws {
        try await SampleFolder.with { folder in
            let hosts = ["inner.test": ["192.168.1.1"], "mixed.test": ["93.184.216.34", "10.0.0.1"]]
            let said = await Self.refusal(Self.download(folder, hosts: hosts, loopback: false), address)
            #expect(said.contains("no address of the public network"), "\(said)")
        }
    }

    @Test(
        "what is no plain address of the web is refused",
        arguments: [
            "ftp://files.test/a", "file:///etc/passwd", "http://", "https:///a", "http://ada:secret@files.test/a",
            "gopher://files.test",
        ])
    func strange(_ address: String) async throws {
        try await SampleFolder.with { folder in
            let said = await Self.refusal(Self.download(folder), address)
            #expect(said != "it was fetched" && !said.contains("secret"), "\(said)")
        }
    }

    @Test(
        "every redirect is checked anew",
        arguments: ["http://10.0.0.1/", "http://inner.test/", "//[fe80::1]/", "file:///etc/passwd"])
    func redirect(_ location: String) async throws {
        try await FakeWebsite.with { _ in
            Self.onward(location)
        } _: { site in
            try await SampleFolder.with { folder in
                let hosts = ["files.test": ["127.0.0.1"], "inner.test": ["10.0.0.1"]]
                let said = await Self.refusal(
                    Self.download(folder, hosts: hosts), "http://files.test:\(site.port)/a")
                #expect(said.contains("public network") || said.contains("no address that begins"), "\(said)")
            }
        }
    }

    @Test("an address that leads on and on is given up after five times")
    func endless() async throws {
        let asked = Atomic(0)
        try await FakeWebsite.with { _ in
            asked.add(1, ordering: .relaxed)
            return Self.onward("/again")
        } _: { site in
            try await SampleFolder.with { folder in
                let said = await Self.refusal(Self.download(folder), "http://files.test:\(site.port)/a")
                #expect(said.contains("more than 5 times"), "\(said)")
                #expect(asked.load(ordering: .relaxed) == 6)
            }
        }
    }

    @Test("a file that is too large, a page instead of a file, and a refusal are told as what they are")
    func refused() async throws {
        try await FakeWebsite.with { request in
            switch request.uri.path {
            case "/page": Self.answer(Data(repeating: UInt8(ascii: "<"), count: 100))
            case "/gone": Self.answer(Data(), .notFound)
            case "/unsaid":
                Response(
                    status: .ok,
                    body: ResponseBody { writer in
                        for _ in 0..<4 { try await writer.write(ByteBuffer(bytes: Self.png)) }
                        try await writer.finish(nil)
                    })
            default: Self.answer(Self.png)
            }
        } _: { site in
            try await SampleFolder.with { folder in
                let small = Self.download(folder, byteCount: 1200)
                let origin = "http://files.test:\(site.port)"
                #expect(await Self.refusal(small, "\(origin)/ok") == "it was fetched")
                #expect(await Self.refusal(small, "\(origin)/unsaid").contains("larger than 1200"))
                let tiny = Self.download(folder, byteCount: 100)
                #expect(await Self.refusal(tiny, "\(origin)/ok").contains("larger than 100"))
                #expect(await Self.refusal(small, "\(origin)/page").contains("no picture or film"))
                #expect(await Self.refusal(small, "\(origin)/gone?token=secret").contains("answers 404"))
                #expect(await !Self.refusal(small, "\(origin)/gone?token=secret").contains("secret"))
                #expect(await Self.refusal(small, "http://nobody.test/").contains("no host nobody.test"))
                let left = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
                #expect(left.isEmpty)
            }
        }
    }
}
