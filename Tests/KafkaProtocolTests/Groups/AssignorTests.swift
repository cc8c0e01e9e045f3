import Testing

@testable import KafkaProtocol

@Suite struct AssignorTests {
    static func member(
        _ id: String, _ topics: [String], instance: String? = nil, owned: [ConsumerProtocol.Partition] = [],
        generation: Int32 = -1
    ) -> ConsumerProtocol.Member {
        var subscription = ConsumerProtocol.Subscription(topics: topics)
        subscription.ownedPartitions = owned
        subscription.generation = generation
        return ConsumerProtocol.Member(id: id, instanceID: instance, subscription: subscription)
    }

    static func partitions(_ topic: String, _ numbers: Int32...) -> [ConsumerProtocol.Partition] {
        numbers.map { ConsumerProtocol.Partition(topic: topic, partition: $0) }
    }

    @Suite struct Range {
        @Test func stretchesAreDealtPerTopicWithTheLongerOnesFirst() {
            let members = [member("m2", ["a", "b"]), member("m1", ["a"]), member("m3", ["a"])]
            let result = RangeAssignor.assign(members, partitionCounts: ["a": 7, "b": 2])
            #expect(result.map(\.memberID) == ["m2", "m1", "m3"])
            #expect(result[1].partitions == partitions("a", 0, 1, 2))
            #expect(result[0].partitions == partitions("a", 3, 4) + partitions("b", 0, 1))
            #expect(result[2].partitions == partitions("a", 5, 6))
        }

        @Test func staticMembersComeFirstByInstanceID() {
            let members = [member("m1", ["a"]), member("m2", ["a"], instance: "z"), member("m3", ["a"], instance: "y")]
            let result = RangeAssignor.assign(members, partitionCounts: ["a": 3])
            #expect(result.map(\.partitions) == [partitions("a", 2), partitions("a", 1), partitions("a", 0)])
        }

        @Test func topicsThatDoNotExistAndSpareMembersGetNothing() {
            let members = [member("m1", ["a", "gone"]), member("m2", ["a"])]
            let result = RangeAssignor.assign(members, partitionCounts: ["a": 1])
            #expect(result.map(\.partitions) == [partitions("a", 0), []])
            #expect(RangeAssignor.assign([], partitionCounts: ["a": 1]).isEmpty)
        }
    }

    @Suite struct CooperativeSticky {
        @Test func `a newcomer waits a round for what others must give up`() {
            let first = [member("m1", ["a"], owned: partitions("a", 0, 1, 2, 3), generation: 1), member("m2", ["a"])]
            let round1 = CooperativeStickyAssignor.assign(first, partitionCounts: ["a": 4])
            #expect(round1.map(\.partitions) == [partitions("a", 0, 1), []])
            let second = [
                member("m1", ["a"], owned: partitions("a", 0, 1), generation: 2), member("m2", ["a"], generation: 2),
            ]
            let round2 = CooperativeStickyAssignor.assign(second, partitionCounts: ["a": 4])
            #expect(round2.map(\.partitions) == [partitions("a", 0, 1), partitions("a", 2, 3)])
        }

        @Test func partitionsOfALostMemberAreTakenOverAtOnce() {
            let members = [
                member("m1", ["a"], owned: partitions("a", 0, 1), generation: 3),
                member("m2", ["a"], owned: partitions("a", 2, 3), generation: 3),
            ]
            let result = CooperativeStickyAssignor.assign(members, partitionCounts: ["a": 6])
            #expect(result.map(\.partitions) == [partitions("a", 0, 1, 4), partitions("a", 2, 3, 5)])
        }

        @Test func theHigherGenerationWinsAndNeitherOfEqualOnes() {
            let older = member("m1", ["a"], owned: partitions("a", 0), generation: 4)
            let newer = member("m2", ["a"], owned: partitions("a", 0), generation: 5)
            let won = CooperativeStickyAssignor.assign([older, newer], partitionCounts: ["a": 1])
            #expect(won.map(\.partitions) == [[], partitions("a", 0)])
            let equal = member("m2", ["a"], owned: partitions("a", 0), generation: 4)
            let tied = CooperativeStickyAssignor.assign([older, equal], partitionCounts: ["a": 1])
            #expect(tied.map(\.partitions) == [partitions("a", 0), []])
        }

        @Test func generationOfOldClientsIsInTheirUserData() {
            var old = member("m1", ["a"], owned: partitions("a", 0))
            old.subscription.userData = CooperativeStickyAssignor.userData(generation: 9)
            let newer = member("m2", ["a"], owned: partitions("a", 0), generation: 8)
            let result = CooperativeStickyAssignor.assign([old, newer], partitionCounts: ["a": 1])
            #expect(result.map(\.partitions) == [partitions("a", 0), []])
        }

        /// Members owning what they got before, with random joins, leaves and subscriptions, until the group is at rest.
        @Test(arguments: [true, false], 0..<40)
        func groupsComeToABalancedRest(equal: Bool, seed: Int) {
            var generator = SeededGenerator(seed: UInt64(seed))
            let counts: [String: Int32] = ["a": 5, "b": 1, "c": 8, "d": 3]
            let topics = ["a", "b", "c", "d"]
            var members: [ConsumerProtocol.Member] = []
            var generation: Int32 = 1
            for _ in 0..<6 {
                if members.count > 1, Bool.random(using: &generator) {
                    members.remove(at: Int.random(in: 0..<members.count, using: &generator))
                }
                let wanted = equal ? topics : topics.filter { _ in Bool.random(using: &generator) } + ["a"]
                members.append(member("m\(UInt16.random(in: 0...999, using: &generator))-\(generation)", wanted))
                var rounds = 0
                while true {
                    let result = CooperativeStickyAssignor.assign(members, partitionCounts: counts)
                    expectNothingTwice(result, members)
                    let before = members.map { Set($0.subscription.ownedPartitions) }
                    for index in members.indices {
                        members[index].subscription.ownedPartitions = result[index].partitions
                        members[index].subscription.generation = generation
                    }
                    generation += 1
                    rounds += 1
                    if before == result.map({ Set($0.partitions) }) { break }
                    #expect(rounds < 5)
                    if rounds >= 5 { return }
                }
                let reachable = Set(members.flatMap(\.subscription.topics))
                let expected = reachable.reduce(0) { $0 + Int(counts[$1] ?? 0) }
                let sizes = members.map(\.subscription.ownedPartitions.count)
                #expect(sizes.reduce(0, +) == expected)
                if equal { #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1) }
            }
        }

        private func expectNothingTwice(_ result: [ConsumerProtocol.Assignment], _ members: [ConsumerProtocol.Member]) {
            var seen: Set<ConsumerProtocol.Partition> = []
            for (assignment, member) in zip(result, members) {
                #expect(assignment.memberID == member.id)
                for partition in assignment.partitions {
                    #expect(seen.insert(partition).inserted)
                    #expect(member.subscription.topics.contains(partition.topic))
                }
            }
        }
    }
}
