// SPDX-License-Identifier: MIT

import Foundation
import PluginKit

extension XPlugin {
    /// Uploads and describes the files of a piece; goes on where an earlier try stopped.
    ///
    /// - Returns: A pause when X still works on one of them.
    func prepare(
        _ items: [MediaItem], part: Int, _ access: AccountAccess, _ state: inout XState, _ context: any EffectContext
    ) async throws(PluginError) -> Duration? {
        let media = XMedia(client: self.client, access: access)
        var pause: Duration?
        for (index, item) in items.enumerated() {
            let answer: XMediaAnswer.Media?
            if let place = state.place(part: part, index: index, at: self.clock.now()),
                state.uploads[place].segments == nil
            {
                let upload = state.uploads[place]
                answer = upload.isProcessing ? try await media.status(upload.id) : nil
            } else {
                answer = try await self.upload(item, part: part, index: index, media, &state, context)
            }
            guard let place = state.place(part: part, index: index, at: self.clock.now()) else {
                throw PluginError(
                    .retryAfter, "X keeps the uploaded file for too short a time.", field: "media[\(index)]")
            }
            if let answer, let wait = try Self.pause(answer, index, access.secrets) {
                pause = max(pause ?? .zero, wait)
                continue
            }
            if state.uploads[place].isProcessing {
                state.uploads[place].isProcessing = false
                try await context.save(state.saved())
            }
            if let words = item.altText, !words.isEmpty, !state.uploads[place].isDescribed {
                try await media.describe(state.uploads[place].id, words)
                state.uploads[place].isDescribed = true
                try await context.save(state.saved())
            }
        }
        return pause
    }

    private func upload(
        _ item: MediaItem, part: Int, index: Int, _ media: XMedia, _ state: inout XState, _ context: any EffectContext
    ) async throws(PluginError) -> XMediaAnswer.Media {
        guard XMedia.isSegmented(item) else {
            let made = try await media.upload(item)
            state.keep(self.upload(made, part: part, index: index))
            try await context.save(state.saved())
            return made
        }
        let isResumed = state.place(part: part, index: index, at: self.clock.now()) != nil
        do {
            return try await self.segments(item, part: part, index: index, media, &state, context)
        } catch  where isResumed && error.code == .permanent {
            // X may have ended or forgotten what was begun. Nothing of it is public: it is uploaded anew.
            state.forget(part: part, index: index)
            return try await self.segments(item, part: part, index: index, media, &state, context)
        }
    }

    /// Begins an upload or goes on with it, segment by segment.
    private func segments(
        _ item: MediaItem, part: Int, index: Int, _ media: XMedia, _ state: inout XState, _ context: any EffectContext
    ) async throws(PluginError) -> XMediaAnswer.Media {
        var upload: XState.Upload
        if let place = state.place(part: part, index: index, at: self.clock.now()) {
            upload = state.uploads[place]
        } else {
            upload = self.upload(try await media.begin(item), part: part, index: index)
            upload.isProcessing = false
            upload.segments = 0
            state.keep(upload)
            try await context.save(state.saved())
        }
        for number in (upload.segments ?? 0)..<XMedia.segments(of: item) {
            try await media.append(item, segment: number, to: upload.id)
            upload.segments = number + 1
            state.keep(upload)
            try await context.save(state.saved())
        }
        let made = try await media.finalize(upload.id)
        let begun = upload.expiresAt
        upload = self.upload(made, part: part, index: index)
        upload.expiresAt = upload.expiresAt ?? begun
        state.keep(upload)
        try await context.save(state.saved())
        return made
    }

    private func upload(_ media: XMediaAnswer.Media, part: Int, index: Int) -> XState.Upload {
        XState.Upload(
            part: part, index: index, id: media.id,
            expiresAt: media.expires_after_secs.flatMap { self.clock.now().adding(saidSeconds: $0) },
            isProcessing: media.processing_info.map { $0.state != "succeeded" } ?? false)
    }

    private static func pause(
        _ media: XMediaAnswer.Media, _ index: Int, _ secrets: [Secret]
    ) throws(PluginError) -> Duration? {
        guard let processing = media.processing_info, let state = processing.state, state != "succeeded" else {
            return nil
        }
        guard state != "failed" else {
            throw PluginError(
                .permanent, PluginError.redact(processing.error?.message ?? "X could not process the file.", secrets),
                nextAction: "Replace the file and plan the post again.", field: "media[\(index)]",
                platformCode: processing.error?.name)
        }
        return Duration(saidSeconds: max(1, processing.check_after_secs ?? 5))
    }
}
