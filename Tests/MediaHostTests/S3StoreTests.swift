// SPDX-License-Identifier: MIT

import AsyncHTTPClient
import Crypto
import Foundation
import Hummingbird
import MediaTestSupport
import NIOCore
import NIOHTTP1
import PluginKit
import Publishing
import Synchronization
import Testing

@testable import MediaHost

@Suite struct S3StoreTests {
    private static func with(
        secret: String = StrictBucket.secretKey,
        _ body: @escaping @Sendable (StrictBucket, S3Store, SampleFolder) async throws -> Void
    ) async throws {
        let bucket = StrictBucket()
        try await FakeWebsite.with {
            try await bucket.answer($0)
        } _: { site in
            try await SampleFolder.with { folder in
                let place = try S3Place(
                    "s3://agency/the media",
                    environment: [
                        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:\(site.port)", "AWS_REGION": "eu-test-1",
                        "AWS_ACCESS_KEY_ID": StrictBucket.accessKey, "AWS_SECRET_ACCESS_KEY": secret,
                        "AWS_SESSION_TOKEN": StrictBucket.token,
                    ])
                var parts = S3Store.Parts()
                parts.threshold = 300_000
                parts.size = 100_000
                let store = S3Store(place, parts: parts, pauses: [.zero, .zero, .zero])
                let result: Result<Void, any Error>
                do {
                    result = .success(try await body(bucket, store, folder))
                } catch {
                    result = .failure(error)
                }
                try await store.shutdown()
                try result.get()
            }
        }
    }

    @Test("an answer that does not end holds nobody longer than a question or a file may take")
    func endless() async throws {
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        try await FakeWebsite.with { request in
            Response(
                status: request.uri.path.hasSuffix("aa") ? .ok : .partialContent,
                body: ResponseBody { writer in
                    try await writer.write(ByteBuffer(string: "beginning"))
                    for await _ in gate {}
                    try await writer.finish(nil)
                })
        } _: { site in
            let place = try S3Place(
                "s3://agency/media",
                environment: [
                    "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:\(site.port)", "AWS_REGION": "eu-test-1",
                    "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
                ])
            let client = S3Client(place, pauses: [], deadline: .milliseconds(150), now: { Date() })
            let late = await #expect(throws: MediaError.self) {
                _ = try await client.ask(S3Client.Call(method: .GET, hash: "aa"))
            }
            #expect(late?.kind == .unreachable && "\(late.map(\.description) ?? "")".contains("does not answer"))
            try await client.client.shutdown()
            // A read is looked at with each piece.
            let store = S3Store(place, pauses: [], readLimit: .zero)
            let slow = await #expect(throws: MediaError.self) {
                try await store.read("bb", 0...99) { _ in }
            }
            opener.finish()
            #expect("\(slow.map(\.description) ?? "")".contains("too slowly"))
            try await store.shutdown()
        }
    }

    private static func hash(_ file: URL) throws -> String {
        S3Signature.hex(SHA256.hash(data: try Data(contentsOf: file)))
    }

    private static func read(_ store: S3Store, _ hash: String, _ range: ClosedRange<Int64>) async throws -> Data {
        var data = Data()
        try await store.read(hash, range) { data += $0 }
        return data
    }

    @Test(
        "a file is put at once or in parts, is there under its hash, and any part of it is read, all rightly signed",
        arguments: [1000, 250_000, 300_000, 1_234_567])
    func roundTrip(_ size: Int) async throws {
        try await Self.with { bucket, store, folder in
            let file = try folder.bytes("a", count: size)
            let hash = try Self.hash(file)
            #expect(try await store.size(of: hash) == nil)
            try await store.put(file: file, byteCount: Int64(size), hash: hash)
            #expect(try await store.size(of: hash) == Int64(size))
            let whole = try Data(contentsOf: file)
            #expect(try await Self.read(store, hash, 0...Int64(size - 1)) == whole)
            #expect(try await Self.read(store, hash, 10...500) == whole[10...500])
            bucket.state.withLock { state in
                #expect(state.refusals.isEmpty, "\(state.refusals)")
                #expect(Array(state.objects.keys) == ["/agency/the%20media/\(hash.prefix(2))/\(hash)"])
                #expect(state.uploads.isEmpty)
                let parts = state.calls.count { $0 == "PUT partNumber" }
                #expect(parts == (size < 300_000 ? 0 : (size + 99_999) / 100_000))
            }
        }
    }

    @Test("a server in trouble is asked again, and a read that broke off goes on where it broke")
    func trouble() async throws {
        try await Self.with { bucket, store, folder in
            let file = try folder.bytes("a", count: 400_000)
            let hash = try Self.hash(file)
            bucket.state.withLock { $0.troubles = 2 }
            try await store.put(file: file, byteCount: 400_000, hash: hash)
            bucket.state.withLock { $0.breaksOffAfter = 150_000 }
            let read = try await Self.read(store, hash, 0...399_999)
            #expect(try read == Data(contentsOf: file))
            bucket.state.withLock { $0.troubles = 100 }
            let error = await #expect(throws: MediaError.self) { try await store.size(of: hash) }
            #expect(error?.kind == .unreachable)
        }
    }

    @Test("a wrong key is a wrong setting, told with a remedy and without the key")
    func wrongKey() async throws {
        try await Self.with(secret: "wrong") { bucket, store, folder in
            let file = try folder.bytes("a", count: 400_000)
            let hash = try Self.hash(file)
            let error = await #expect(throws: MediaError.self) {
                try await store.put(file: file, byteCount: 400_000, hash: hash)
            }
            #expect(error?.kind == .configuration)
            #expect(error?.description.contains("SignatureDoesNotMatch") == true)
            #expect(error?.description.contains("wrong") == false)
            bucket.state.withLock { #expect($0.objects.isEmpty && $0.uploads.isEmpty) }
        }
    }

    @Test("an upload in parts whose file became shorter is taken back")
    func abandoned() async throws {
        try await Self.with { bucket, store, folder in
            let file = try folder.bytes("a", count: 350_000)
            let hash = try Self.hash(file)
            await #expect(throws: (any Error).self) { try await store.put(file: file, byteCount: 500_000, hash: hash) }
            bucket.state.withLock {
                #expect($0.objects.isEmpty && $0.uploads.isEmpty && $0.calls.contains("DELETE uploadId"))
            }
        }
    }

    @Test("a store with a remote place keeps a copy for who works with the file, and fetches it where there is none")
    func copies() async throws {
        try await Self.with { bucket, remote, folder in
            let film = try folder.bytes("a", count: 350_000)
            func store(_ name: String) -> MediaStore {
                MediaStore(remote: remote, copies: folder.url.appendingPathComponent(name))
            }
            let stored = try await store("here").store(file: film)
            #expect(stored.type == "video/mp4" && stored.byteCount == 350_000)
            let calls = bucket.state.withLock { $0.calls.count }
            #expect(try await store("here").local(stored.hash) == stored.path)
            #expect(bucket.state.withLock { $0.calls.count } == calls, "a copy that is here is not fetched")
            let there = try await store("there").local(stored.hash)
            #expect(try Data(contentsOf: URL(fileURLWithPath: there)) == Data(contentsOf: film))
            #expect(try await store("there").size(of: stored.hash) == 350_000)
            await #expect(throws: MediaError.self) { try await store("there").local(String(repeating: "a", count: 64)) }
            bucket.state.withLock { state in
                for key in state.objects.keys { state.objects[key] = Data(repeating: 0, count: 350_000) }
            }
            let error = await #expect(throws: MediaError.self) { try await store("else").local(stored.hash) }
            #expect(error?.description.contains("damaged") == true)
        }
    }

    @Test(
        "a place that cannot be used is refused by name",
        arguments: [
            ("s3://", "s3://bucket/prefix"), ("s3://b", "AWS_ACCESS_KEY_ID"), ("http://b/c", "s3://bucket/prefix"),
        ])
    func place(_ address: String, _ words: String) {
        do {
            _ = try S3Place(address, environment: [:])
            Issue.record("it was taken")
        } catch {
            #expect(error.description.contains(words) && error.kind == .configuration)
        }
    }

    @Test("Amazon's own buckets are in the host's name, and the signature is the one of Amazon's example")
    func amazon() throws {
        let keys = [
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "AWS_REGION": "us-east-1",
        ]
        let place = try S3Place("s3://examplebucket/a", environment: keys)
        #expect(place.host == "examplebucket.s3.us-east-1.amazonaws.com" && place.path(of: "abcd") == "/a/ab/abcd")
        // "GET Object" of Amazon's page about signing header fields.
        let signature = S3Signature(
            method: "GET", host: "examplebucket.s3.amazonaws.com", path: "/test.txt",
            extra: [("range", "bytes=0-9")], payload: S3Signature.empty,
            signer: S3Signature.Signer(
                accessKey: place.accessKey, secretKey: place.secretKey.revealed, region: "us-east-1"),
            date: Date(timeIntervalSince1970: 1_369_353_600))
        let authorization = signature.fields.first { $0.name == "authorization" }?.value
        #expect(
            authorization?.hasSuffix(
                "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41") == true)
    }
}
