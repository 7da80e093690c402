// SPDX-License-Identifier: MIT

import Foundation
import MetaGraph
import PluginKit

/// How far Instagram is with a container.
struct InstagramContainerStatus: Decodable, Sendable {
    struct Video: Decodable, Sendable { var uploading_phase: Phase? }
    struct Phase: Decodable, Sendable {
        var bytes_transferred: GraphValue?
        var bytes_transfered: GraphValue?
    }

    static let fields = "status_code,status"

    var status_code: String?
    var status: String?
    var video_status: Video?

    /// How many bytes have arrived; `nil` when Instagram does not say.
    var arrived: Int64? {
        let phase = self.video_status?.uploading_phase
        return (phase?.bytes_transferred ?? phase?.bytes_transfered)?.count
    }

    /// The subcodes of Instagram's publishing: any other number in the text ("at most 10", "1.91:1") is none.
    private static let subcodes = 2_207_000...2_207_999

    /// Why the container failed: its text ends with a subcode.
    var failure: PluginError {
        let text = self.status ?? ""
        let number = text.split { !$0.isNumber }.compactMap { Int($0) }.last { Self.subcodes.contains($0) }
        let body = GraphCoding.json([
            "error": GraphValue.object([
                "code": .integer(Int64(number ?? -1)), "message": .text(text.isEmpty ? "The container failed." : text),
            ])
        ])
        // Written a line above, so it can be read.
        guard let problem = number.flatMap({ _ in GraphProblem(Data(body.utf8)) }) else {
            return PluginError(
                .permanent, PluginError.redact(text.isEmpty ? "Instagram could not use the file." : text, []),
                nextAction: "Replace the file and plan the post again.", field: "media")
        }
        return GraphFailure(endpoint: InstagramEndpoint.status, hidden: []).error(problem, status: 400)
    }
}

extension InstagramRun {
    /// Makes every container and asks how far Instagram is.
    ///
    /// - Returns: A pause while Instagram works on one.
    mutating func prepare() async throws(PluginError) -> Duration? {
        let isCarousel = self.content.format == .carousel
        try await self.dropOld()
        for (index, item) in self.items.enumerated() {
            try await self.ensure(index, item, isChild: isCarousel)
        }
        if let pause = try await self.wait(for: self.items.indices.map { $0 }) { return pause }
        guard isCarousel else { return nil }
        if self.state.container(nil) == nil {
            let children = self.items.indices.compactMap { self.state.container($0)?.id }
            var form: FormFields = ["media_type": "CAROUSEL"]
            form.append("children", children.joined(separator: ","))
            self.addCaption(to: &form)
            try await self.make(nil, form)
        }
        return try await self.wait(for: [nil])
    }

    /// Forgets containers that end soon; the whole carousel with its parts.
    private mutating func dropOld() async throws(PluginError) {
        let now = self.client.clock.now()
        let old = self.state.containers.filter { now.timeIntervalSince($0.at) >= InstagramState.life }
        guard !old.isEmpty else { return }
        // What was ready only waited for us. What Instagram worked on for a day is given one more try.
        guard old.contains(where: { !$0.isReady }) else {
            self.state.containers = []
            return
        }
        try await self.beginAnew(
            cost: 2, because: PluginError(.retryAfter, "Instagram has worked on a file for a day."))
    }

    /// Lets go of all containers, so that new ones are made, as often as that can help.
    ///
    /// The documents name no number (?): an account may make 400 containers a day, and what three new ones do not mend is the file's or the
    /// account's trouble.
    ///
    /// - Throws: `permanent` when it was done often enough.
    mutating func beginAnew(cost: Int, because failure: PluginError) async throws(PluginError) {
        self.state.containers = []
        let spent = (self.state.anew ?? 0) + cost
        let isEnough = spent > Self.mostAnew
        // Who tries it again by hand begins with all tries.
        self.state.anew = isEnough ? nil : spent
        if isEnough { self.state.refusals = 0 }
        try await self.context.save(self.state.saved())
        guard isEnough else { return }
        throw PluginError(
            .permanent, "Instagram could not prepare the post in several tries: \(failure.message)",
            nextAction: "Look at the files in the Instagram app or replace them, then try the post again.",
            field: "media",
            platformCode: failure.platformCode, httpStatus: failure.httpStatus, requestID: failure.requestID)
    }

    /// How often containers are made anew.
    private static let mostAnew = 3

    // MARK: Making

    private mutating func ensure(_ index: Int, _ item: MediaItem, isChild: Bool) async throws(PluginError) {
        let isFilm = item.type != InstagramPlugin.imageType
        if let known = self.state.container(index) {
            if !known.isUploaded { try await self.upload(item, known, isNew: false) }
            return
        }
        var form: FormFields = [:]
        if isFilm { form.append("media_type", self.kind(isChild: isChild)) }
        if !isFilm, self.content.format == .story { form.append("media_type", "STORIES") }
        let isUploaded = isFilm && self.outlet.hasUpload
        if isUploaded {
            form.append("upload_type", "resumable")
        } else {
            form.append(isFilm ? "video_url" : "image_url", try self.address(of: item, index))
        }
        if isChild { form.append("is_carousel_item", "true") }
        if !isFilm, self.content.format != .story {
            form.append("alt_text", item.altText.flatMap { $0.isEmpty ? nil : $0 })
            if !isChild || index == 0 { form.append("user_tags", InstagramSettings.userTags(self.content)) }
        }
        if !isChild {
            self.addCaption(to: &form)
            if self.content.format == .reel { InstagramSettings.addReel(self.content, to: &form) }
        }
        let made = try await self.make(index, form, needsBytes: isUploaded)
        if isUploaded { try await self.upload(item, made, isNew: true) }
    }

    private func kind(isChild: Bool) -> String {
        if isChild { return "VIDEO" }
        return self.content.format == .story ? "STORIES" : "REELS"
    }

    private func addCaption(to form: inout FormFields) {
        guard self.content.format != .story else { return }
        let caption = InstagramSettings.caption(self.content)
        form.append("caption", caption.isEmpty ? nil : caption)
        form.append("collaborators", InstagramSettings.collaborators(self.content).map { GraphCoding.json($0) })
        form.append("location_id", self.content.settings["location_id"])
        if self.content.settings["is_ai_generated"] == "true" { form.append("is_ai_generated", "true") }
    }

    private func address(of item: MediaItem, _ index: Int) throws(PluginError) -> String {
        if let address = self.outlet.media?.url(of: item) { return address }
        throw PluginError(
            .permanent, "Instagram fetches the file itself, and this installation has no public address.",
            nextAction: InstagramPlugin.publicAddress, field: "media[\(index)]")
    }

    @discardableResult
    private mutating func make(
        _ index: Int?, _ form: FormFields, needsBytes: Bool = false
    ) async throws(PluginError) -> InstagramState.Container {
        let made = try await self.client.post(
            Made.self, "\(self.outlet.account)/media", form, as: self.caller,
            endpoint: InstagramEndpoint.containers)
        var container = InstagramState.Container(index: index, id: made.id.text, at: self.client.clock.now())
        container.address = made.uri
        container.isUploaded = !needsBytes
        self.state.put(container)
        try await self.context.save(self.state.saved())
        return container
    }

    private mutating func upload(
        _ item: MediaItem, _ container: InstagramState.Container, isNew: Bool
    ) async throws(PluginError) {
        var container = container
        var offset: Int64 = 0
        if !isNew {
            let status = try await self.status(of: container.id, withVideo: true)
            if status.status_code == "EXPIRED" || status.status_code == "ERROR" {
                return try await self.spend(status)
            }
            offset = status.status_code == "FINISHED" ? item.byteCount : status.arrived ?? 0
        }
        if offset < item.byteCount {
            let upload = GraphUpload(self.client, as: self.caller, endpoint: InstagramEndpoint.upload)
            try await upload.send(item, to: container.address ?? "", from: offset)
        }
        container.isUploaded = true
        self.state.put(container)
        try await self.context.save(self.state.saved())
    }

    // MARK: Asking

    private func status(of id: String, withVideo: Bool = false) async throws(PluginError) -> InstagramContainerStatus {
        let fields = InstagramContainerStatus.fields + (withVideo ? ",video_status" : "")
        return try await self.client.get(
            InstagramContainerStatus.self, id, ["fields": fields], as: self.caller, endpoint: InstagramEndpoint.status)
    }

    /// Asks for every container that is not ready.
    private mutating func wait(for indices: [Int?]) async throws(PluginError) -> Duration? {
        var isWaiting = false
        var isNews = false
        for index in indices {
            guard var container = self.state.container(index), !container.isReady else { continue }
            let status = try await self.status(of: container.id)
            switch status.status_code {
            // A published one is sent again only by a fence that knows better: it answers from what it knows.
            case "FINISHED", "PUBLISHED":
                container.isReady = true
                isNews = true
                self.state.put(container)
            case "EXPIRED", "ERROR": try await self.spend(status)
            default: isWaiting = true
            }
        }
        if isNews { try await self.context.save(self.state.saved()) }
        guard isWaiting else { return nil }
        let began = self.state.containers.map(\.at).min() ?? self.client.clock.now()
        // Once a minute for five minutes, then now and then.
        return self.client.clock.now().timeIntervalSince(began) < 300 ? .seconds(60) : .seconds(300)
    }

    /// A container is of no use any more: the next try makes new ones where that can help.
    private mutating func spend(_ status: InstagramContainerStatus) async throws(PluginError) {
        let failure =
            status.status_code == "EXPIRED"
            ? PluginError(.retryAfter, "The container has ended.", retryAfter: .zero) : status.failure
        if failure.code == .retryAfter { try await self.beginAnew(cost: 1, because: failure) }
        throw failure
    }
}
