// SPDX-License-Identifier: MIT

extension World {
    /// Becomes what the lines of a state file say.
    mutating func restore(_ entries: [JournalEntry]) {
        let keepsJournal = self.options.keepsJournal
        self.options.keepsJournal = false
        defer { self.options.keepsJournal = keepsJournal }
        var attempts: [Int: Attempt] = [:]
        for entry in entries {
            switch entry {
            case .reset:
                let options = self.options
                self = World(options: options)
                attempts = [:]
            case .clock(let clock): self.clock = clock
            case .app(let app): self.register(app)
            case .account(let account): self.provision(account)
            case .media(let media):
                self.media[media.id] = media
                self.serial = max(self.serial, media.serial)
            case .post(let post):
                if self.posts[post.id] == nil { self.insert(post) } else { self.posts[post.id] = post }
                self.serial = max(self.serial, post.serial)
            case .comment(let comment):
                if self.comments[comment.id] == nil {
                    self.insert(comment)
                } else {
                    self.comments[comment.id] = comment
                }
                self.serial = max(self.serial, comment.serial)
            case .campaign(let campaign):
                if self.campaigns[campaign.id] == nil {
                    self.insert(campaign)
                } else {
                    self.campaigns[campaign.id] = campaign
                }
                self.serial = max(self.serial, campaign.serial)
            case .attempt(let attempt): attempts[attempt.sequence] = attempt
            case .person(let person): self.people[person.id] = person
            case .graphToken(let token): self.graphTokens[token.text] = token
            case .container(let container):
                self.containers[container.id] = container
                self.serial = max(self.serial, container.serial)
            case .tikTokPublish(let publish):
                self.store(publish)
                self.serial = max(self.serial, publish.serial)
            case .oauth1Token(let token): self.oauth1Tokens[token.text] = token
            case .adAccount(let account): self.store(account)
            case .adObject(let object):
                self.store(object)
                self.serial = max(self.serial, object.serial)
            case .tikTokBusinessToken(let token): self.store(token)
            case .host(let name, let origin): self.hosts[name] = origin
            }
        }
        self.ledger = Ledger(restoring: attempts.values.sorted { $0.sequence < $1.sequence })
    }
}
