// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import Persistence
import PluginKit

/// Checks drafts and turns them into rows.
///
/// It reads and writes nothing, so a whole file can be checked before a row is written.
struct PostPreparer {
    var directory: ClientDirectory
    var registry: PluginRegistry
    var actor: String
    /// The world's present moment.
    var now: Date
    /// The times that were chosen for accounts, where a draft leaves them to their best times.
    var chosen: [AccountID: ChosenTime] = [:]

    /// Marks an issue that is a name without an account.
    private static let unknownAccount = "account?"

    /// Checks a draft.
    ///
    /// - Throws: `ServiceError` with everything that is wrong.
    func prepare(_ draft: PostDraft) throws -> PreparedPost {
        var issues = draft.mediaNotes
        let client = self.directory.client
        switch client.state {
        case .active: break
        case .paused:
            issues.append(
                PostIssue(.warning, field: "client", "'\(client.slug)' is paused: nothing is sent until it is resumed"))
        case .leaving, .archived, .erased:
            throw ServiceError(
                .conflict, "client '\(client.slug)' is \(client.state.rawValue): nothing new can be planned for it")
        }
        let accounts = self.accounts(draft, &issues)
        let master = self.master(draft, accounts, &issues)
        self.checkSettings(draft, accounts, &issues)
        var time: ResolvedTime?
        do {
            time = try ResolvedTime(draft.time, clientZone: client.timeZone, now: self.now)
        } catch {
            issues.append(PostIssue(.error, field: "at", error.message))
        }
        if let note = time?.note { issues.append(PostIssue(.warning, field: "at", note)) }
        let hasTime = draft.time != .unplanned || draft.leavesTime
        let isPlanned = !draft.isDraft && hasTime
        if !draft.isDraft, !hasTime {
            issues.append(
                PostIssue(
                    .error, field: "at",
                    "when? Give --at TIME, --best, --next-slot or --now, or keep it as a draft with --draft"))
        }

        let brands = Set(accounts.map(\.brand))
        let post = PostRow(
            client: client.id, brand: brands.count == 1 ? brands.first : nil, key: draft.key, campaign: draft.campaign,
            pillar: draft.pillar, labels: draft.labels, createdBy: self.actor)
        var prepared = PreparedPost(
            post: post, revision: RevisionRow(client: client.id, post: post.id, content: master, createdBy: self.actor),
            targets: [],
            jobs: [], media: self.media(draft), notes: [])
        prepared.allowsDuplicate = draft.allowsDuplicate
        prepared.isRecurring = draft.isRecurring
        prepared.hasChosenTime = draft.leavesTime
        // Identities in the order of the accounts, so that a post's targets are listed as they were named.
        let ids = accounts.map { _ in TargetID() }.sorted()
        for (account, id) in zip(accounts, ids) {
            guard let plugin = self.plugin(of: account, &issues) else { continue }
            let resolver = ContentResolver(
                account: account.slug.rawValue, plugin: plugin, traits: account.traits)
            let (content, wrong) = resolver.resolve(master)
            issues += self.remedied(wrong, master, resolver, asked: draft.transcoding)
            let chosen = !draft.leavesTime ? nil : self.chosen[account.id]
            if draft.leavesTime, chosen == nil {
                issues.append(
                    PostIssue(
                        .error, account: account.slug.rawValue, field: "at",
                        "no time was chosen: the account has just changed; try again"))
            }
            let own = chosen?.time ?? time
            var target = try TargetRow(
                client: client.id, id: id, post: post.id, account: account.id, platform: account.platform,
                content: content,
                dueAt: own?.dueAt, planned: own?.planned, state: isPlanned ? .planned : .draft)
            if let chosen {
                target.isExperiment = chosen.isExperiment
                target.fit = chosen.fit
                prepared.reasons[target.id] = "\(account.slug): \(chosen.reason)"
            }
            if isPlanned {
                let job = NewJob.publish(
                    target: target.id, client: client.id, account: account.id, platform: account.platform,
                    dueAt: own?.dueAt)
                target.job = job.id
                prepared.jobs.append(job)
            }
            prepared.targets.append(target)
        }
        let errors = issues.filter { $0.severity == .error }
        guard errors.isEmpty else {
            // Names that are nobody's are told as what they are, when nothing else is wrong.
            let unknown = errors.filter { $0.field == Self.unknownAccount }
            guard unknown.count < errors.count || unknown.isEmpty else {
                throw ServiceError(.notFound, unknown.map(\.message).joined(separator: "\n  "))
            }
            let told = errors.map { issue in
                var issue = issue
                if issue.field == Self.unknownAccount { issue.field = "account" }
                return issue
            }
            throw ServiceError(.invalid, "the post cannot be planned", issues: told)
        }
        prepared.notes = issues
        return prepared
    }

    /// Issues of files with the word that would have helped.
    private func remedied(
        _ issues: [PostIssue], _ master: MasterContent, _ resolver: ContentResolver, asked: Transcoding?
    ) -> [PostIssue] {
        guard let asked, issues.contains(where: MediaFit.isOfFiles),
            let remedy = MediaFit.remedy(master, resolver, beyond: asked)
        else { return issues }
        return issues.map { issue in
            guard MediaFit.isOfFiles(issue) else { return issue }
            var issue = issue
            issue.message += " \(remedy)"
            return issue
        }
    }

    /// What a draft says, with each account's own words and files.
    func master(
        _ draft: PostDraft, _ accounts: [AccountRow], _ issues: inout [PostIssue]
    ) -> MasterContent {
        var variants = self.variants(draft, accounts, &issues)
        for (account, files) in draft.fitted {
            variants[account, default: MasterContent.Variant()].media = files
        }
        return MasterContent(
            text: draft.text, media: draft.media, link: draft.link, firstComment: draft.firstComment,
            format: draft.format, settings: draft.settings, variants: variants)
    }

    func accounts(_ draft: PostDraft, _ issues: inout [PostIssue]) -> [AccountRow] {
        var found: [AccountRow] = []
        if draft.accounts.isEmpty { issues.append(PostIssue(.error, field: "account", "name at least one account")) }
        for name in draft.accounts {
            do {
                let account = try self.directory.account(name)
                guard !found.contains(where: { $0.id == account.id }) else {
                    issues.append(PostIssue(.error, field: "account", "'\(account.slug)' is named twice"))
                    continue
                }
                found.append(account)
                self.checkState(of: account, &issues)
            } catch let error as ServiceError {
                issues.append(PostIssue(.error, field: Self.unknownAccount, error.message))
            } catch {
                issues.append(PostIssue(.error, field: "account", "\(error)"))
            }
        }
        return found
    }

    private func checkState(of account: AccountRow, _ issues: inout [PostIssue]) {
        let slug = account.slug.rawValue
        switch account.state {
        case .active: break
        case .paused, .needsReconnect, .needsHuman:
            let why = account.stateReason.map { " (\($0))" } ?? ""
            issues.append(
                PostIssue(
                    .warning, account: slug, field: "account",
                    "is \(account.state.rawValue)\(why): nothing is sent until that ends"))
        case .disconnected, .moved:
            issues.append(
                PostIssue(
                    .error, account: slug, field: "account",
                    "is \(account.state.rawValue): connect it first, posthorn account connect"))
        }
    }

    private func variants(
        _ draft: PostDraft, _ accounts: [AccountRow], _ issues: inout [PostIssue]
    ) -> [String: MasterContent.Variant] {
        var variants: [String: MasterContent.Variant] = [:]
        for (name, text) in draft.variants.sorted(by: { $0.key < $1.key }) {
            // A variant may name a platform when only one of the accounts is on it.
            let matches = accounts.filter { account in
                [
                    account.slug.rawValue, "\(self.directory.client.slug)/\(account.slug)", account.id.description,
                    account.platform.rawValue,
                ].contains(name)
            }
            let exact = matches.filter { $0.slug.rawValue == name }
            guard let account = exact.first ?? (matches.count == 1 ? matches.first : nil) else {
                let known = accounts.map(\.slug.rawValue)
                issues.append(
                    PostIssue(
                        .error, field: "variant",
                        "'\(name)' is none of the post's accounts (\(known.joined(separator: ", "))).\(NearestName.hint(name, in: known))"
                    ))
                continue
            }
            variants[account.slug.rawValue] = MasterContent.Variant(text: text)
        }
        return variants
    }

    private func checkSettings(_ draft: PostDraft, _ accounts: [AccountRow], _ issues: inout [PostIssue]) {
        let platforms = Set(accounts.map(\.platform.rawValue))
        for name in draft.settings.keys.sorted() {
            let platform = name.split(separator: ".").first.map(String.init) ?? ""
            guard !platforms.contains(platform), !accounts.isEmpty else { continue }
            issues.append(
                PostIssue(
                    .error, field: "settings.\(name)",
                    "no account of the post is on '\(platform)'; settings are written as platform.name=value"))
        }
    }

    private func plugin(of account: AccountRow, _ issues: inout [PostIssue]) -> RegisteredPlugin? {
        if let plugin = self.registry[account.platform] { return plugin }
        let known = self.registry.platforms.map(\.rawValue).joined(separator: ", ")
        issues.append(
            PostIssue(
                .error, account: account.slug.rawValue, field: "account",
                "there is no plugin for the platform '\(account.platform)'; there are: \(known)"))
        return nil
    }

    private func media(_ draft: PostDraft) -> [MediaRow] {
        let fitted = draft.fitted.values.flatMap(\.self).filter { draft.sources[$0.hash] != nil }
        return (draft.media + fitted).map { item in
            MediaRow(
                client: self.directory.client.id, hash: item.hash, type: item.type, byteCount: item.byteCount,
                altText: item.altText, fileName: draft.fileNames[item.hash], facts: item.facts,
                source: draft.sources[item.hash])
        }
    }
}
