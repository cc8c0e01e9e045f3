import Testing

@testable import ClusterCore

@Suite struct LoadBalanceTests {
    @Test func `a balanced cluster gives nothing up`() {
        #expect(LoadBalance.surplus([2, 2, 2], total: 6) == [0, 0, 0])
        #expect(LoadBalance.surplus([3, 2, 3], total: 8) == [0, 0, 0])
        #expect(LoadBalance.surplus([], total: 8) == [])
    }

    @Test func `the first members with too much keep one more than the others`() {
        #expect(LoadBalance.surplus([6, 0], total: 6) == [3, 0])
        #expect(LoadBalance.surplus([4, 4, 0], total: 8) == [1, 1, 0])
        #expect(LoadBalance.surplus([3, 3, 1], total: 7) == [0, 1, 0])
        #expect(LoadBalance.surplus([1, 2, 7], total: 10) == [0, 0, 3])
    }

    @Test func `what is missing is left to whoever has less`() {
        #expect(LoadBalance.surplus([1, 0], total: 4) == [0, 0])
        #expect(LoadBalance.surplus([0, 0, 0], total: 5) == [0, 0, 0])
    }

    @Test func `new items go to the least loaded in turn`() {
        #expect(LoadBalance.deal(5, over: [2, 0, 1]) == [1, 1, 2, 1, 2])
        #expect(LoadBalance.deal(4, over: [0, 0, 0]) == [0, 1, 2, 0])
        #expect(LoadBalance.deal(2, over: [5, 1]) == [1, 1])
        #expect(LoadBalance.deal(2, over: []) == [] && LoadBalance.deal(0, over: [1]) == [])
    }
}
