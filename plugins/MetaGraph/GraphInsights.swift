// SPDX-License-Identifier: MIT

package import Foundation
package import PluginKit
import Synchronization

/// One metric as Graph gives it.
package struct GraphInsight: Codable, Sendable {
    /// A value and the end of the time that it is of.
    package struct Value: Codable, Sendable {
        /// A number, or a breakdown.
        package var value: GraphValue?
        /// The end of its time.
        package var end_time: String?
    }
    /// A total.
    package struct Total: Codable, Sendable {
        /// The number.
        package var value: GraphValue?
    }

    /// Meta's name.
    package var name: String
    /// The period.
    package var period: String?
    /// The values, oldest first.
    package var values: [Value]?
    /// The total, where that was asked for.
    package var total_value: Total?

    /// The newest value, or the total; `nil` when Meta gave none.
    package var newest: GraphValue? { self.total_value?.value ?? self.values?.last?.value }
    /// As one number.
    package var count: Int64? { self.newest?.count }
    /// The end of the time that the newest value is of; `nil` when Meta names none.
    package var newestEnd: Date? { self.values?.last?.end_time.flatMap(GraphCoding.date) }
}

/// A question for metrics of one object.
package struct GraphQuestion: Sendable {
    /// The post, media or account.
    package var object: String
    /// Metrics by Meta's names.
    package var names: [String]
    /// What else the query says: period, times, kind of value.
    package var more: FormFields
    /// Objects of the same kind have the same metrics.
    package var kind: String

    /// Describes a question.
    package init(_ object: String, _ names: [String], kind: String, more: FormFields = [:]) {
        self.object = object
        self.names = names
        self.kind = kind
        self.more = more
    }

    /// The question as a read.
    package var read: GraphRead {
        var query: FormFields = ["metric": self.names.joined(separator: ",")]
        for name in self.more.names { query.append(name, self.more[name]) }
        return GraphRead("\(self.object)/insights", query)
    }
}

/// Asks for metrics, and remembers for the life of the process which names Meta does not know any more.
///
/// One unknown name fails a whole question: it is then asked name by name, once, and what fails alone while another succeeds is left out
/// from then on.
package final class GraphInsights: Sendable {
    private struct Answer: Decodable { var data: [GraphInsight] }

    private let dead = Mutex<Set<String>>([])

    /// Makes a memory in which every name is good.
    package init() {}

    /// The question without the names that Meta no longer knows.
    package func living(_ question: GraphQuestion) -> GraphQuestion {
        var rest = question
        rest.names = self.dead.withLock { dead in question.names.filter { !dead.contains("\(question.kind).\($0)") } }
        return rest
    }

    /// Reads an answer.
    package static func read(_ body: Data) throws(PluginError) -> [String: GraphInsight] {
        do {
            let answer = try JSONDecoder().decode(Answer.self, from: body)
            return answer.data.reduce(into: [:]) { $0[$1.name] = $1 }
        } catch {
            throw PluginError(.retryAfter, "The metrics could not be read.", underlying: error)
        }
    }

    /// Asks.
    ///
    /// - Returns: What Meta gave, by its names; what it gave no value for is not there.
    package func ask(
        _ question: GraphQuestion, _ client: GraphClient, as caller: GraphCaller, endpoint: String
    ) async throws(PluginError) -> [String: GraphInsight] {
        let living = self.living(question)
        guard !living.names.isEmpty else { return [:] }
        do {
            return try await Self.ask(living, client, caller, endpoint)
        } catch  where error.isUnknownMetric && living.names.count > 1 {
            return try await self.askOneByOne(living, client, caller, endpoint, error)
        }
    }

    private static func ask(
        _ question: GraphQuestion, _ client: GraphClient, _ caller: GraphCaller, _ endpoint: String
    ) async throws(PluginError) -> [String: GraphInsight] {
        let read = question.read
        let answer = try await client.get(Answer.self, read.path, read.query, as: caller, endpoint: endpoint)
        return answer.data.reduce(into: [:]) { $0[$1.name] = $1 }
    }

    private func askOneByOne(
        _ question: GraphQuestion, _ client: GraphClient, _ caller: GraphCaller, _ endpoint: String,
        _ first: PluginError
    ) async throws(PluginError) -> [String: GraphInsight] {
        var found: [String: GraphInsight] = [:]
        var refused: [String] = []
        for name in question.names {
            var alone = question
            alone.names = [name]
            do {
                found.merge(try await Self.ask(alone, client, caller, endpoint)) { $1 }
            } catch  where error.isUnknownMetric {
                refused.append("\(question.kind).\(name)")
            }
        }
        // When no name is taken, the object is what is wrong.
        guard refused.count < question.names.count else { throw first }
        self.dead.withLock { $0.formUnion(refused) }
        return found
    }
}

extension PluginError {
    /// Whether Graph may mean the name of a metric: an invalid parameter, nothing more exact.
    package var isUnknownMetric: Bool { self.platformCode == "100" }
}
