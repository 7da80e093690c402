// SPDX-License-Identifier: MIT

public import Foundation

/// The identity of one thing of kind `Kind`: a UUID of version 7, so that identities made later sort later.
///
/// The kind is a phantom: an account's identity cannot be passed where a post's is wanted.
public struct Identifier<Kind>: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The value as PostgreSQL stores it.
    public var uuid: UUID

    /// Wraps a value read from storage.
    public init(_ uuid: UUID) { self.uuid = uuid }

    /// Makes a new identity from the current time and random bits (RFC 9562, section 5.7).
    public init() { self.uuid = UUID.version7() }

    /// Parses the usual text form.
    ///
    /// - Returns: `nil` when the text is not a UUID.
    public init?(_ text: String) {
        guard let uuid = UUID(uuidString: text) else { return nil }
        self.uuid = uuid
    }

    /// The lower-case text form, as shown to people and programs.
    public var description: String { self.uuid.uuidString.lowercased() }

    /// Orders by the bytes, which for version 7 is the order of creation.
    public static func < (left: Self, right: Self) -> Bool { left.description < right.description }
}

extension Identifier: Codable {
    /// Decodes the text form.
    public init(from decoder: any Decoder) throws { self.uuid = try UUID(from: decoder) }
    /// Encodes the text form.
    public func encode(to encoder: any Encoder) throws { try self.description.encode(to: encoder) }
}

extension UUID {
    /// Makes a UUID of version 7: 48 bits of Unix milliseconds, then random bits.
    public static func version7(
        at instant: Date = Date(), using generator: inout some RandomNumberGenerator
    ) -> UUID {
        let milliseconds = UInt64(max(0, instant.timeIntervalSince1970 * 1000))
        let a = generator.next()
        let b = generator.next()
        func byte(_ value: UInt64, _ shift: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: value >> shift) }
        return UUID(
            uuid: (
                byte(milliseconds, 40), byte(milliseconds, 32), byte(milliseconds, 24), byte(milliseconds, 16),
                byte(milliseconds, 8), byte(milliseconds, 0),
                0x70 | (byte(a, 0) & 0x0F), byte(a, 8),
                0x80 | (byte(a, 16) & 0x3F), byte(a, 24), byte(b, 0), byte(b, 8), byte(b, 16), byte(b, 24), byte(b, 32),
                byte(b, 40)
            ))
    }

    /// Makes a UUID of version 7 from the system's random source.
    public static func version7() -> UUID {
        var generator = SystemRandomNumberGenerator()
        return Self.version7(using: &generator)
    }
}

/// The things that have identities; never instantiated.
public enum Kinds {
    /// The agency's customer, the tenant.
    public enum Client {}
    /// What a client speaks as.
    public enum Brand {}
    /// The agency's registration with a platform.
    public enum App {}
    /// What a person or system user allowed an app to do.
    public enum Grant {}
    /// A link by which a person connects an account.
    public enum ConnectLink {}
    /// One identity on one platform.
    public enum Account {}
    /// Where boost money is spent.
    public enum AdAccount {}
    /// The master content.
    public enum Post {}
    /// An immutable state of a post's content.
    public enum Revision {}
    /// A post's revision for one account.
    public enum Target {}
    /// A file by content hash.
    public enum Media {}
    /// One unit of work in the queue.
    public enum Job {}
    /// Recurring work.
    public enum Schedule {}
    /// One start of a worker process.
    public enum Worker {}
    /// What exists on the platform.
    public enum Publication {}
    /// Paid promotion of a publication.
    public enum Boost {}
    /// What somebody wrote under a publication.
    public enum Comment {}
}

/// A client's identity.
public typealias ClientID = Identifier<Kinds.Client>
/// A brand's identity.
public typealias BrandID = Identifier<Kinds.Brand>
/// An app's identity.
public typealias AppID = Identifier<Kinds.App>
/// A grant's identity.
public typealias GrantID = Identifier<Kinds.Grant>
/// A connect link's identity.
public typealias ConnectLinkID = Identifier<Kinds.ConnectLink>
/// An account's identity.
public typealias AccountID = Identifier<Kinds.Account>
/// An ad account's identity.
public typealias AdAccountID = Identifier<Kinds.AdAccount>
/// A post's identity.
public typealias PostID = Identifier<Kinds.Post>
/// A revision's identity.
public typealias RevisionID = Identifier<Kinds.Revision>
/// A target's identity.
public typealias TargetID = Identifier<Kinds.Target>
/// A media file's identity.
public typealias MediaID = Identifier<Kinds.Media>
/// A job's identity.
public typealias JobID = Identifier<Kinds.Job>
/// A schedule's identity.
public typealias ScheduleID = Identifier<Kinds.Schedule>
/// The identity of one start of a worker process.
public typealias WorkerID = Identifier<Kinds.Worker>
/// A publication's identity.
public typealias PublicationID = Identifier<Kinds.Publication>
/// A boost's identity.
public typealias BoostID = Identifier<Kinds.Boost>
/// A comment's identity.
public typealias CommentID = Identifier<Kinds.Comment>
