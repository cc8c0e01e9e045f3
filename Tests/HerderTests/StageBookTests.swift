import ConnectModel
import Testing

@testable import Herder

@Suite struct StageBookTests {
    @Test func `the newest stage under way is told, and after all of them the last one that ended`() {
        var book = StageBook()
        #expect(book.current == nil)
        let first = book.begin("one", now: 1)
        let second = book.begin("two", now: 2)
        #expect(book.current == Stage(description: "two", began: 2))
        book.end(second, now: 3)
        #expect(book.current == Stage(description: "one", began: 1))
        book.end(first, now: 4)
        book.end(second, now: 5)
        #expect(book.current == Stage(description: "one", began: 1, completed: 4))
    }

    @Test func `all that is under way is told with whom it is for, the newest last`() {
        var book = StageBook()
        let first = book.begin("one", connector: "c", now: 1)
        _ = book.begin("two", now: 2)
        #expect(
            book.underWay == [
                Stage(description: "one", began: 1, connector: "c"), Stage(description: "two", began: 2),
            ])
        book.end(first, now: 3)
        #expect(book.underWay == [Stage(description: "two", began: 2)])
    }
}
