package import ConnectModel

// What the leader of the group decides for all.
extension WorkerMachine {
    /// What the coordinator told the leader.
    package struct Election: Sendable, Equatable {
        package let generation: Int32
        package let memberID: String
        package let protocolName: String
        package let members: [GroupMemberMetadata]

        /// An election.
        package init(generation: Int32, memberID: String, protocolName: String, members: [GroupMemberMetadata]) {
            self.generation = generation
            self.memberID = memberID
            self.protocolName = protocolName
            self.members = members
        }
    }

    /// This worker leads the round and assigns to everybody.
    ///
    /// - Parameters:
    ///   - work: what the config log wants to run, as far as it was read here.
    ///   - wallMilliseconds: the time of a clock that goes on between rounds.
    package mutating func elected(
        _ election: Election, work: AssignableWork, wallMilliseconds now: Int64
    ) -> [Action] {
        do throws(LeaderRoundError) {
            let round = try LeaderRound(
                leaderID: election.memberID, protocolName: election.protocolName, members: election.members)
            return lead(round, election, work, now)
        } catch {
            // Nobody may be left without an answer, or the whole group waits: all keep what they have and come again.
            return [.warn("This worker cannot lead the group: \(error)")] + answerWithNothing(election)
        }
    }

    private mutating func lead(
        _ round: LeaderRound, _ election: Election, _ work: AssignableWork, _ now: Int64
    ) -> [Action] {
        offered = (election.generation, round.members.reduce(into: WorkSet()) { $0.formUnion($1.metadata.held) })
        do throws(ConnectProtocolError) {
            // The log is followed all the time, so that the snapshot is as fresh as one can be.
            guard case .assign(let offset) = round.step(configOffset: work.configOffset, isFresh: true) else {
                owners = nil
                return [.assign(try round.mismatch())]
            }
            let assignment: ClusterAssignment
            if round.mode.isCooperative {
                assignment = assignor.assign(
                    round.members, work: work, lastCompletedGeneration: generation, generation: election.generation,
                    now: now)
            } else {
                assignment = EagerAssignor.assign(round.members, work: work)
            }
            owners = assignment.owners
            return [.assign(try round.answers(assignment, configOffset: offset))]
        } catch {
            return [.warn("The assignment cannot be written: \(error)")] + answerWithNothing(election)
        }
    }

    private func answerWithNothing(_ election: Election) -> [Action] {
        let version = ConnectProtocolMode.version(ofProtocolName: election.protocolName) ?? 0
        let answer = WorkerAssignment(
            version: version, error: WorkerAssignment.configMismatch, leaderID: election.memberID,
            leaderURL: settings.url, configOffset: -1)
        do throws(ConnectProtocolError) {
            let bytes = try answer.encode()
            return [.assign(election.members.map { MemberAssignment(memberID: $0.id, bytes: bytes) })]
        } catch {
            return [.warn("The group cannot be answered: \(error)")]
        }
    }
}
