// SPDX-License-Identifier: MIT

import HTTPTypes

extension World {
    /// Requests that one batch may hold.
    private static let batchLimit = 50

    /// Whether a request is a batch: what is counted are its parts.
    static func isGraphBatch(_ call: Call) -> Bool {
        guard call.platform == .facebook || call.platform == .instagram, call.request.method == "POST" else {
            return false
        }
        let path = GraphPath(call.request)
        return !path.isUpload && path.parts.isEmpty
    }

    /// Several reads in one request, each counted by itself, after Meta's long-standing documentation of batches.
    ///
    /// The contract sheets do not speak of batches, so what exactly is refused in one is uncertain. Only reads are served:
    /// a write in a batch would be an effect without an answer of its own.
    mutating func graphBatch(_ call: inout Call, _ path: GraphPath) throws(GraphRefusal) -> SimulatedResponse {
        guard let bearer = call.bearer else { throw GraphRefusal.noToken }
        if let refusal = bearer.refusal { throw refusal }
        let parameters = call.parameters ?? GraphParameters(call.request)
        let arguments = try parameters.checked(GraphSchema("batch*:list<map> include_headers:bool"))
        let entries = arguments.list("batch") ?? []
        guard (1...Self.batchLimit).contains(entries.count) else {
            throw GraphRefusal.invalid("A batch has 1 to \(Self.batchLimit) requests")
        }
        let includesHeaders = arguments.flag("include_headers") ?? true
        var answers: [JSONValue] = []
        for entry in entries {
            let response = self.graphBatched(entry, &call, path)
            let headers = response.headers.map { field -> JSONValue in
                ["name": .string(field.name.rawName), "value": .string(field.value)]
            }
            answers.append([
                "code": JSONValue(response.status), "headers": includesHeaders ? .array(headers) : nil,
                "body": .string(String(decoding: response.body, as: UTF8.self)),
            ])
        }
        return .json(.array(answers))
    }

    private mutating func graphBatched(_ entry: JSONValue, _ call: inout Call, _ path: GraphPath) -> SimulatedResponse {
        let trace = call.request.id
        let known = ["method", "relative_url", "name", "omit_response_on_success", "headers", "access_token"]
        if let unknown = entry.object?.keys.first(where: { !known.contains($0) }) {
            return GraphRefusal.unknownParameter("batch.\(unknown)").response(trace: trace)
        }
        guard entry["method"] == "GET", let relative = entry["relative_url"]?.string else {
            return GraphRefusal.invalid("The simulator serves batches of GET with relative_url").response(trace: trace)
        }
        let address = relative.hasPrefix("/") ? String(relative.dropFirst()) : relative
        let isVersioned = GraphPath.versions.contains { address.hasPrefix($0 + "/") }
        let target = isVersioned ? address : "\(path.version ?? "unversioned")/\(address)"
        var headers = HTTPFields()
        headers[.authorization] = "Bearer " + (entry["access_token"]?.string ?? call.bearer?.token.text ?? "")
        let request = SimulatedRequest(
            id: trace, method: "GET", target: "/\(call.request.host)/\(target)", headers: headers, body: [],
            realTime: call.request.realTime)
        let caller = self.graphCaller(of: request, call.platform, at: call.now)
        var part = Call(
            request: request, platform: caller.platform, now: call.now, isLeaving: call.isLeaving, hiddenSeconds: nil,
            account: caller.account)
        part.bearer = caller.bearer
        part.parameters = caller.parameters
        let logged = self.calls.record(
            CallLog.Row(
                platform: caller.platform, account: caller.account?.key.externalID ?? "",
                endpoint: self.graphCountedEndpoint(part), worldTime: call.now))
        let response = self.graphAnswer(&part)
        self.calls.answered(logged, status: response.status)
        // One receipt goes with one answer: of several reads that are held back only the last can prove something.
        call.read = part.read ?? call.read
        return response
    }
}
