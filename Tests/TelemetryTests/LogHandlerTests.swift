// SPDX-License-Identifier: MIT

import Foundation
import Logging
import Testing

@testable import Telemetry

@Suite("log handlers")
struct LogHandlerTests {
    private static let moment = Timestamp(microseconds: 1_795_253_400_000_001)
    private static let fields = LogFields(service: "worker", version: "1.2.3")

    private func json(_ body: (inout Logger) -> Void) throws -> [[String: Any]] {
        let sink = MemorySink()
        var logger = Logger(label: "queue") { label in
            JSONLogHandler(label: label, fields: Self.fields, sink: sink, now: { Self.moment })
        }
        body(&logger)
        return try sink.lines.map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
    }

    @Test("a JSON line carries time, level, message, logger, service and version")
    func standardFields() throws {
        let lines = try self.json { $0.info("job claimed") }
        let line = try #require(lines.first)
        #expect(line["ts"] as? String == "2026-11-21T09:30:00.000001Z")
        #expect(line["level"] as? String == "info")
        #expect(line["msg"] as? String == "job claimed")
        #expect(line["logger"] as? String == "queue")
        #expect(line["service"] as? String == "worker")
        #expect(line["version"] as? String == "1.2.3")
        #expect(lines.count == 1)
    }

    @Test("metadata keeps numbers, truth values, lists and objects as JSON")
    func metadataTypes() throws {
        let line = try #require(
            try self.json {
                $0.info(
                    "done",
                    metadata: [
                        "job.attempt": .stringConvertible(3), "job.late": .stringConvertible(true),
                        "ids": ["a", "b"], "lane": ["client": "acme"], "ratio": .stringConvertible(0.5),
                    ])
            }.first)
        #expect(line["job.attempt"] as? Int == 3)
        #expect(line["job.late"] as? Bool == true)
        #expect(line["ids"] as? [String] == ["a", "b"])
        #expect(line["lane"] as? [String: String] == ["client": "acme"])
        #expect(line["ratio"] as? Double == 0.5)
    }

    @Test(
        "text with quotes, line breaks and control characters stays one valid line",
        arguments: [
            "say \"hi\"", "two\nlines", "tab\tand bell \u{07}", "back\\slash", "naïve ☕️ 👩‍👩‍👧",
        ])
    func escaping(_ text: String) throws {
        let lines = try self.json { $0.info("\(text)", metadata: ["value": "\(text)"]) }
        #expect(lines.count == 1)
        #expect(lines.first?["msg"] as? String == text)
        #expect(lines.first?["value"] as? String == text)
    }

    @Test("metadata cannot overwrite a standard field")
    func reservedKeys() throws {
        let line = try #require(try self.json { $0.info("real", metadata: ["msg": "forged"]) }.first)
        #expect(line["msg"] as? String == "real")
        #expect(line["metadata.msg"] as? String == "forged")
    }

    @Test("the event's metadata wins over the logger's")
    func precedence() throws {
        let line = try #require(
            try self.json {
                $0[metadataKey: "platform"] = "x"
                $0[metadataKey: "kept"] = "yes"
                $0.info("sent", metadata: ["platform": "mock"])
            }.first)
        #expect(line["platform"] as? String == "mock")
        #expect(line["kept"] as? String == "yes")
    }

    @Test("lines below the level are not written")
    func level() throws {
        let lines = try self.json {
            $0.logLevel = .warning
            $0.info("quiet")
            $0.warning("loud")
        }
        #expect(lines.map { $0["msg"] as? String } == ["loud"])
    }

    @Test("a text line has level, service, message and metadata, and control characters cannot forge a second line")
    func textLine() throws {
        let sink = MemorySink()
        let logger = Logger(label: "queue") { label in
            TextLogHandler(label: label, fields: Self.fields, sink: sink, isColoured: false, now: { Self.moment })
        }
        logger.warning("late\nERROR forged", metadata: ["job.id": "7", "why": "two words"])
        let line = try #require(sink.lines.first)
        #expect(sink.lines.count == 1)
        #expect(line.hasSuffix("warning  worker late ERROR forged job.id=7 why=\"two words\""))
        #expect(!line.contains("\n"))
    }

    @Test(
        "moments before 1970 and at full seconds are printed right",
        arguments: [
            (Int64(-1), "1969-12-31T23:59:59.999999Z"), (0, "1970-01-01T00:00:00.000000Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
        ])
    func timestamps(_ microseconds: Int64, _ text: String) {
        #expect(Timestamp(microseconds: microseconds).rfc3339 == text)
    }
}
