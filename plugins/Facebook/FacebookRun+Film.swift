// SPDX-License-Identifier: MIT

import Foundation
import MetaGraph
import PluginKit

extension FacebookRun {
    /// The most of a film in one piece; it is streamed from the disk.
    private static let piece: Int64 = 64 << 20

    /// Uploads a film, makes it visible, and asks until Facebook shows it.
    mutating func publish(_ kind: FacebookFilm) async throws(PluginError) -> PublishOutcome {
        if let post = self.state.published { return try await self.finish(post) }
        guard let item = self.item else { throw Self.noFile }
        let film = try await kind == .video ? self.uploadPieces(item) : self.uploadWhole(item, kind)
        let form = kind.form(film, self.content)
        let outlet = self.outlet
        let sent = try await self.context.send(part: 0, endpoint: kind.endpoint) { permit throws(PluginError) in
            let answer = try await outlet.client.post(
                GraphSuccess.self, "\(outlet.page)/\(kind.edge)", form, as: outlet.caller, endpoint: kind.endpoint,
                permit: permit)
            return try answer.remote(or: film.id, at: outlet.client.clock.now())
        }
        let status = try await self.status(of: film.id)
        if let failure = status.failure { throw failure }
        guard let post = self.post(sent, film: film, kind, status) else {
            let since = self.state.askedSince ?? self.client.clock.now()
            guard self.client.clock.now().timeIntervalSince(since) < Self.patience else {
                throw PluginError(
                    .permanent, "Facebook has worked on the film for a day and does not show it.",
                    nextAction: "Look at the Page: plan the post again only if the film is not there.",
                    field: "media[0]", platformCode: status.status?.video_status)
            }
            self.state.askedSince = since
            self.state.looks += 1
            return .pending(try self.state.saved(), checkAfter: Self.pause(after: self.state.looks))
        }
        self.state.published = post
        try await self.context.save(self.state.saved())
        return kind == .story ? .published(post) : try await self.finish(post)
    }

    /// The post that shows the film; `nil` while there is none.
    private func post(
        _ sent: RemotePost, film: FacebookState.Film, _ kind: FacebookFilm, _ status: FacebookFilmStatus
    ) -> RemotePost? {
        let isThere = status.isPublished || (kind == .video && status.status?.video_status == "ready")
        guard isThere else { return nil }
        var id = sent.id
        if kind != .story {
            // A film's own identity has no metrics of a post: a little patience for the post's.
            guard status.post_id != nil || self.state.looks >= 5 else { return nil }
            if let post = status.post_id { id = Self.post(post, on: self.page) }
        }
        let shown = status.status?.publishing_phase?.publish_time?.instant
        return RemotePost(
            id: id, url: FacebookWords.url(status.permalink_url, id), publishedAt: shown ?? sent.publishedAt)
    }

    private func status(of film: String) async throws(PluginError) -> FacebookFilmStatus {
        try await self.client.get(
            FacebookFilmStatus.self, film, ["fields": FacebookFilmStatus.fields], as: self.caller,
            endpoint: FacebookEndpoint.read)
    }

    /// How long Facebook may work on a film that was taken; the documents name no end (?).
    private static let patience: TimeInterval = 86_400

    /// The documents name no pace (?): often at first, then once a minute, then every five minutes.
    private static func pause(after looks: Int) -> Duration {
        looks <= 8 ? .seconds(15) : looks <= 20 ? .seconds(60) : .seconds(300)
    }

    /// The film's upload, when there is one that is still of use.
    private var living: FacebookState.Film? {
        guard let film = self.state.film,
            film.isUploaded || self.client.clock.now().timeIntervalSince(film.at) < FacebookState.life
        else { return nil }
        return film
    }

    private mutating func keep(_ film: FacebookState.Film) async throws(PluginError) -> FacebookState.Film {
        self.state.film = film
        try await self.context.save(self.state.saved())
        return film
    }

    // MARK: Reels and stories: one request to an address of the upload host

    private struct Opened: Decodable, Sendable {
        var video_id: GraphID
        var upload_url: String
    }

    private mutating func uploadWhole(
        _ item: MediaItem, _ kind: FacebookFilm
    ) async throws(PluginError) -> FacebookState.Film {
        var offset: Int64 = 0
        var film: FacebookState.Film
        if let known = try await self.goOn(with: self.living, item) {
            if known.film.isUploaded { return known.film }
            (film, offset) = (known.film, known.offset)
        } else {
            let opened = try await self.client.post(
                Opened.self, "\(self.page)/\(kind.edge)", ["upload_phase": "start"], as: self.caller,
                endpoint: kind.uploadEndpoint)
            film = FacebookState.Film(id: opened.video_id.text, at: self.client.clock.now())
            film.address = opened.upload_url
            film = try await self.keep(film)
        }
        let upload = GraphUpload(self.client, as: self.caller, endpoint: FacebookEndpoint.upload)
        try await upload.send(item, to: film.address ?? "", from: offset)
        film.isUploaded = true
        return try await self.keep(film)
    }

    /// Asks how far an earlier try's upload came.
    ///
    /// - Returns: `nil` when there is none that can be gone on with.
    private mutating func goOn(
        with film: FacebookState.Film?, _ item: MediaItem
    ) async throws(PluginError) -> (film: FacebookState.Film, offset: Int64)? {
        guard var film else { return nil }
        if film.isUploaded { return (film, item.byteCount) }
        let status: FacebookFilmStatus
        do {
            status = try await self.status(of: film.id)
        } catch  where error.isGone {
            return nil
        }
        if status.isDead { return nil }
        let arrived = status.arrived ?? 0
        if status.status?.uploading_phase?.isComplete == true || arrived >= item.byteCount {
            film.isUploaded = true
            return (try await self.keep(film), item.byteCount)
        }
        return (film, arrived)
    }

    // MARK: Films of the feed: pieces, as Facebook asks for them

    private struct Session: Decodable, Sendable {
        var upload_session_id: GraphID
        var video_id: GraphID
        var start_offset: GraphID
        var end_offset: GraphID
    }
    private struct Piece: Decodable, Sendable {
        var start_offset: GraphID
        var end_offset: GraphID
    }

    /// Uploads in pieces; each that arrived is saved, so that a new try goes on after it.
    ///
    /// The contract sheet names the parameters only through the specification (?): `start` opens a session, `transfer` sends the piece that
    /// the answer before asked for, and equal offsets say that all is there.
    private mutating func uploadPieces(_ item: MediaItem) async throws(PluginError) -> FacebookState.Film {
        var film: FacebookState.Film
        let known = self.living
        if let known {
            film = known
        } else {
            let opened = try await self.client.post(
                Session.self, "\(self.page)/videos",
                ["upload_phase": "start", "file_size": String(item.byteCount)], as: self.caller,
                endpoint: FacebookEndpoint.videos)
            film = FacebookState.Film(id: opened.video_id.text, at: self.client.clock.now())
            film.session = opened.upload_session_id.text
            (film.start, film.end) = try Self.piece(opened.start_offset, opened.end_offset)
            film = try await self.keep(film)
        }
        // Where an earlier try left it, or Facebook says that it is: only there a refusal can be about a session that has ended.
        var doubtful = known
        var isResynchronised = false
        while !film.isUploaded {
            let length = min(film.end - film.start, item.byteCount - film.start, Self.piece)
            var form: FormFields = ["upload_phase": "transfer"]
            form.append("upload_session_id", film.session)
            form.append("start_offset", String(film.start))
            let next: Piece
            do {
                next = try await self.client.post(
                    Piece.self, "\(self.page)/videos", form,
                    GraphFile("video_file_chunk", item, offset: film.start, length: length), as: self.caller,
                    endpoint: FacebookEndpoint.videos)
            } catch  where doubtful == film && (error.code == .permanent || error.isUploadProblem) {
                // The answer to a piece that arrived may have been lost: Facebook says how far it is, and it goes on from there.
                if !isResynchronised, let next = try await self.resynchronised(film, item) {
                    (film, doubtful, isResynchronised) = (next, next, true)
                    continue
                }
                // A session that was left alone may have ended, or does not go on where it says: begin anew.
                self.state.film = nil
                try await self.context.save(self.state.saved())
                throw PluginError(.retryAfter, "The upload begins anew: \(error.message)", underlying: error)
            }
            let (start, end) = try Self.piece(next.start_offset, next.end_offset)
            guard start > film.start || start == end else {
                throw PluginError(.retryAfter, "Facebook did not take a piece of the film.", field: "media[0]")
            }
            (film.start, film.end, film.isUploaded) = (start, end, start >= end || start >= item.byteCount)
            film = try await self.keep(film)
        }
        return film
    }

    /// A film whose upload is further than its last answer said; `nil` when it is not, or Facebook does not say.
    private mutating func resynchronised(
        _ film: FacebookState.Film, _ item: MediaItem
    ) async throws(PluginError) -> FacebookState.Film? {
        guard let known = try await self.goOn(with: film, item) else { return nil }
        if known.film.isUploaded { return known.film }
        guard known.offset > film.start else { return nil }
        var next = film
        (next.start, next.end) = (known.offset, item.byteCount)
        return try await self.keep(next)
    }

    /// The identity of the post that shows a film.
    static func post(_ id: GraphID, on page: String) -> String {
        id.text.contains("_") ? id.text : "\(page)_\(id.text)"
    }

    private static func piece(_ start: GraphID, _ end: GraphID) throws(PluginError) -> (Int64, Int64) {
        guard let start = Int64(start.text), let end = Int64(end.text), start >= 0, start <= end else {
            throw PluginError(.retryAfter, "Facebook gave no offsets for the film.")
        }
        return (start, end)
    }
}

extension PluginError {
    /// Whether the upload stands elsewhere than we think: the answer to a piece that arrived was lost.
    fileprivate var isUploadProblem: Bool { self.platformCode?.split(separator: "/").first == "6001" }
}

extension GraphValue {
    /// Seconds since 1970, as a number or a text, or an ISO 8601 instant.
    var instant: Date? {
        if case .text(let text) = self { return GraphCoding.date(text) }
        return self.count.flatMap { Date(saidSeconds: Double($0)) }
    }
}
