// SPDX-License-Identifier: MIT

import PluginKit

extension GraphErrorRule {
    /// After these the container is of no use any more: the next try makes a new one.
    package static let spentContainers: Set<Int> = [2_207_003, 2_207_020, 2_207_032, 2_207_053, 2_207_008]

    /// What Instagram says of containers, files and captions.
    static let instagram: [GraphErrorRule] = [
        GraphErrorRule([-2...(-2)], [2_207_003], .failure(.retryAfter), "Instagram could not fetch the file in time"),
        GraphErrorRule([-2...(-2)], [2_207_020], .failure(.retryAfter), "Instagram has forgotten the file"),
        GraphErrorRule([-1...(-1)], [2_207_001], .service, "Instagram has a problem"),
        GraphErrorRule([-1...(-1)], [2_207_032], .failure(.retryAfter), "Instagram could not take the file"),
        GraphErrorRule([-1...(-1)], [2_207_053], .failure(.retryAfter), "The upload failed"),
        GraphErrorRule(
            [24...24], [2_207_008], .failure(.retryAfter), "Instagram does not find the prepared post",
            pause: .seconds(60)),
        GraphErrorRule(
            [24...24], [2_207_006], .failure(.permanent), "The media is not there, or a permission is missing", missing),
        GraphErrorRule(
            [9007...9007], [2_207_027], .failure(.retryAfter), "Instagram still works on the file",
            pause: .seconds(30)),
        GraphErrorRule([1...1], [2_207_057], .failure(.permanent), "The cover lies outside the film", cover),
        GraphErrorRule(
            [100...100], [2_207_023], .failure(.permanent), "The kind of media is not known",
            "Plan the post again in another format: image, carousel, reel or story."),
        GraphErrorRule(
            [100...100], [2_207_028], .failure(.permanent), "A carousel has 2 to 10 files", "Change the files."),
        GraphErrorRule(
            [100...100], Set(2_207_035...2_207_040), .failure(.permanent),
            "A tag of a person or product is not accepted", tags),
        GraphErrorRule([352...352], [2_207_026], .failure(.permanent), "The film's format is not taken", film),
        GraphErrorRule(
            [9004...9004], [2_207_052], .failure(.permanent), "Instagram could not fetch the file", reach),
        GraphErrorRule(
            [36_000...36_000], [2_207_004], .failure(.permanent), "The picture is too large", "Use at most 8 MB."),
        GraphErrorRule([36_001...36_001], [2_207_005], .failure(.permanent), "The picture is no JPEG", "Use a JPEG."),
        GraphErrorRule(
            [36_003...36_003], [2_207_009], .failure(.permanent), "The picture's sides are not taken",
            "Use a picture between 4:5 and 1.91:1."),
        GraphErrorRule(
            [36_004...36_004], [2_207_010], .failure(.permanent), "The caption is too long",
            "Shorten it to 2,200 characters."),
        GraphErrorRule([], [2_207_081], .failure(.permanent), "The account has no trial reels", "Leave the trial out."),
        GraphErrorRule([], [2_207_077, 2_207_082], .failure(.retryAfter), "The upload failed"),
        // Without a code: the text of a container's status ends with the subcode alone.
        GraphErrorRule(
            [], [2_207_008], .failure(.retryAfter), "Instagram does not find the prepared post", pause: .seconds(60)),
        GraphErrorRule(
            [], [2_207_006], .failure(.permanent), "The media is not there, or a permission is missing", missing),
        GraphErrorRule(
            [], [2_207_027], .failure(.retryAfter), "Instagram still works on the file", pause: .seconds(30)),
        GraphErrorRule(
            [], Set(2_207_035...2_207_040), .failure(.permanent), "A tag of a person or product is not accepted", tags),
        GraphErrorRule(
            [], [2_207_003, 2_207_020, 2_207_032, 2_207_053], .failure(.retryAfter), "Instagram could not take the file"
        ),
        GraphErrorRule([], [2_207_001], .service, "Instagram has a problem"),
        GraphErrorRule([], [2_207_026], .failure(.permanent), "The film's format is not taken", film),
        GraphErrorRule([], [2_207_057], .failure(.permanent), "The cover lies outside the film", cover),
        GraphErrorRule(
            [], [2_207_010], .failure(.permanent), "The caption is too long", "Shorten it to 2,200 characters."),
        GraphErrorRule([], [2_207_028], .failure(.permanent), "A carousel has 2 to 10 files", "Change the files."),
        GraphErrorRule([], [2_207_052], .failure(.permanent), "Instagram could not fetch the file", reach),
        GraphErrorRule(
            [], [2_207_004, 2_207_005, 2_207_009, 2_207_023], .failure(.permanent), "Instagram does not take the file",
            "Use another file."),
        GraphErrorRule([-1...(-1), -2...(-2)], .failure(.retryAfter), "Instagram has a problem"),
        GraphErrorRule([(-Int(Int32.max))...(-3)], .failure(.retryAfter), "Meta has a problem"),
    ]

    private static let missing = "Look whether the account is connected with all permissions, then plan the post again."
    private static let tags = "Correct the tags."
    private static let reach =
        "Check from outside that POSTHORN_PUBLIC_URL is reachable and answers without a redirect, then retry."
    private static let film = "Use MP4 or MOV with H.264 or HEVC and AAC, 23 to 60 frames a second."
    private static let cover = "Set thumb_offset to a time inside the film."
}
