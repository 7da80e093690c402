// SPDX-License-Identifier: MIT

/// A plugin whose rules depend on how an account was connected.
public protocol AccountAware: PlatformPlugin {
    /// What the rules must know of an account, by its tokens: words without secrets, kept with the account; pure.
    func traits(of tokens: TokenSet) -> [String]

    /// What is wrong with content for an account with these traits, beside ``PlatformPlugin/validate(_:)``; pure.
    func validate(_ content: PostContent, for traits: [String]) -> [ValidationIssue]
}
