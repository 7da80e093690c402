// SPDX-License-Identifier: MIT

import HTTPTypes
import Hummingbird
import NIOCore

extension Response {
    /// A few words for a person, never to be kept by a cache.
    static func plain(_ status: HTTPResponse.Status, _ words: String, _ headers: HTTPFields = [:]) -> Response {
        var headers = headers
        headers[.contentType] = "text/plain; charset=utf-8"
        headers[.cacheControl] = "no-store"
        headers[.xContentTypeOptions] = "nosniff"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: words)))
    }

    /// The refusal of a method that only reads are taken for.
    static var onlyReads: Response {
        // What the request carries is not read, so the connection cannot go on.
        .plain(
            .methodNotAllowed, "Only GET and HEAD are answered here.\n", [.allow: "GET, HEAD", .connection: "close"])
    }
}
