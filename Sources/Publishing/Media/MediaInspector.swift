// SPDX-License-Identifier: MIT

package import PluginKit

/// Looks into files, and knows what it means when that is not possible.
package struct MediaInspector: Sendable {
    /// What came of a look.
    package struct Finding: Sendable, Hashable {
        /// What is known.
        package var facts: MediaFacts?
        /// What a person should know.
        package var note: String?

        /// Makes a finding; nothing is known unless said.
        package init(facts: MediaFacts? = nil, note: String? = nil) {
            self.facts = facts
            self.note = note
        }
    }

    /// What happens to files that nobody could look into.
    package let policy: MediaProbePolicy
    private let probing: (any MediaProbing)?

    /// Looks with this; without one, nobody looks.
    package init(_ probing: (any MediaProbing)? = nil, policy: MediaProbePolicy = .auto) {
        self.probing = probing
        self.policy = probing == nil ? .off : policy
    }

    /// Looks into a file.
    ///
    /// - Parameters:
    ///   - path: Where it lies.
    ///   - type: Its MIME type.
    ///   - name: What people call it.
    /// - Returns: What is known, or why nothing is.
    /// - Throws: `MediaError` for a damaged file, and when looking is required and not possible.
    package func inspect(_ path: String, type: String, named name: String) async throws -> Finding {
        guard let probing = self.probing, self.policy != .off else { return Finding() }
        do {
            return Finding(facts: try await probing.probe(path, type: type))
        } catch let error as MediaProbeError {
            switch error {
            case .unreadable(let reason):
                throw MediaError("the media file \(name) cannot be read as \(type): \(reason); export it again")
            case .missing(let program, let package):
                return try self.unknown(
                    name, "\(program) is not on this machine", remedy: "apt-get install \(package)")
            case .failed(let reason): return try self.unknown(name, reason, remedy: "try again")
            }
        }
    }

    private func unknown(_ name: String, _ reason: String, remedy: String) throws -> Finding {
        guard self.policy != .required else {
            throw MediaError("\(name) cannot be checked: \(reason); \(remedy)", kind: .configuration)
        }
        return Finding(
            note: "length, shape and coding of \(name) were not checked: \(reason); \(remedy)")
    }
}
