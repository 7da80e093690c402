// SPDX-License-Identifier: MIT

/// The refusals that Instagram numbers by subcode.
extension GraphRefusal {
    private static func instagram(_ code: Int, _ subcode: Int, _ message: String, _ user: String) -> Self {
        Self(code: code, subcode: subcode, message: message, userMessage: user)
    }

    static func cannotFetch(_ url: String) -> Self {
        self.instagram(
            9004, 2_207_052, "Only photo or video can be accepted as media type.",
            "The media could not be fetched from this URI: \(url)")
    }

    static let imageTooLarge = instagram(
        36_000, 2_207_004, "The image size is too large.", "The image is larger than 8 MB.")
    static let imageFormat = instagram(
        36_001, 2_207_005, "The image format is not supported.", "The image must be a JPEG.")
    static let imageRatio = instagram(
        36_003, 2_207_009, "The aspect ratio is not supported.",
        "The aspect ratio of the image must be from 4:5 to 1.91:1.")
    static let captionTooLong = instagram(
        36_004, 2_207_010, "The caption is too long.",
        "A caption has at most 2200 characters, 30 hashtags and 20 mentions.")
    static let unknownMediaType = instagram(
        100, 2_207_023, "Unknown media type.", "The media type is not supported. A single video is a reel.")
    static let carouselCount = instagram(
        100, 2_207_028, "The carousel cannot be published.", "A carousel has 2 to 10 photos and videos.")
    static let wrongTag = instagram(
        100, 2_207_035, "A tag is not valid.", "A user tag needs a user name, and on images a position from 0 to 1.")
    static let wrongOffset = instagram(
        1, 2_207_057, "The thumbnail offset is not valid.", "The offset must lie within the video.")
    static let noTrialReels = instagram(
        100, 2_207_081, "Trial reels are not available.", "This account may not publish trial reels.")
    static let notReady = instagram(
        9007, 2_207_027, "Media ID is not available", "The media is not ready for publishing, please wait a moment.")
    static let containerExpired = instagram(
        24, 2_207_008, "The media builder has expired.", "The container has expired. Make a new one.")
    static let noContainer = instagram(
        24, 2_207_006, "The requested resource does not exist",
        "The media cannot be found, or the permission is missing.")
    static let publishingLimit = instagram(
        9, 2_207_042, "Application request limit reached", "The account has reached its limit of posts in 24 hours.")
    static let tooFewViewers = GraphRefusal(
        code: 10, message: "(#10) Not enough viewers for the media to show insights")
}
