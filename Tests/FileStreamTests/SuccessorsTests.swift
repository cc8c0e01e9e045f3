import Glibc
import PluginTestKit
import Testing

@testable import FileStream

@Suite struct SuccessorsTests {
    private let folder = TemporaryFolder()
    private let successors: Successors

    init() {
        successors = Successors(path: folder.file("in"), now: { 7 })
        folder.write("in", "0")
        follow()
    }

    private func follow() {
        var status = stat()
        #expect(stat(folder.file("in"), &status) == 0)
        successors.follow(status)
    }

    /// The file gives its name to another one, which is seen.
    private func rotate(to number: Int) {
        #expect(rename(folder.file("in"), folder.file("in.\(number)")) == 0)
        folder.write("in", "\(number)")
        successors.look()
    }

    /// What is in the next one, as far as it is open; nil where there is none.
    private func next() -> String? {
        guard let file = successors.next() else { return nil }
        guard file.descriptor >= 0 else {
            var status = stat()
            #expect(stat(folder.file("in"), &status) == 0)
            successors.took(status)
            return "by name"
        }
        defer { close(file.descriptor) }
        var bytes = [UInt8](repeating: 0, count: 100)
        return String(decoding: bytes[..<max(0, read(file.descriptor, &bytes, 100))], as: UTF8.self)
    }

    @Test func `the same file has no successor, and none while the name is free`() {
        // As whoever reads it does; else its number could be given to the next one.
        let held = open(folder.file("in"), O_RDONLY | O_CLOEXEC)
        defer { close(held) }
        #expect(successors.look() == nil)
        #expect(unlink(folder.file("in")) == 0)
        #expect(successors.look() == nil && successors.next() == nil)
        folder.write("in", "1")
        #expect(successors.look() == 7)
        #expect(next() == "1" && successors.look() == nil && successors.takeLost() == 0)
    }

    @Test func `they come in turn, though their names are gone, each once`() {
        for number in 1...5 {
            rotate(to: number)
            successors.look()
        }
        #expect(unlink(folder.file("in.3")) == 0)
        #expect((0..<6).map { _ in next() } == ["1", "2", "3", "4", "5", nil])
        #expect(successors.takeLost() == 0)
    }

    @Test func `more than can be kept open are counted, but for the one that has the name at last`() {
        for number in 1...20 { rotate(to: number) }
        #expect(successors.count == Successors.limit)
        #expect(next() == "1")
        successors.look()
        successors.look()
        #expect((0..<17).map { _ in next() } == (2...16).map { "\($0)" } + ["20", nil])
        #expect(successors.takeLost() == 3)
        #expect(successors.takeLost() == 0)
    }

    @Test func `a name that is given back ends the waiting`() {
        #expect(link(folder.file("in"), folder.file("kept")) == 0)
        rotate(to: 1)
        #expect(rename(folder.file("kept"), folder.file("in")) == 0)
        #expect(successors.look() == nil && successors.takeLost() == 1)
        rotate(to: 2)
        #expect(next() == "2")
    }

    @Test func `what is no regular file, or cannot be opened, is left to be opened by its name`() {
        #expect(rename(folder.file("in"), folder.file("in.1")) == 0)
        #expect(mkfifo(folder.file("in"), 0o600) == 0)
        #expect(successors.look() == 7)
        #expect(next() == "by name")
        #expect(rename(folder.file("in"), folder.file("fifo")) == 0)
        folder.write("in", "2")
        successors.look()
        #expect(rename(folder.file("in"), folder.file("in.2")) == 0)
        #expect(mkfifo(folder.file("in"), 0o600) == 0)
        successors.look()
        #expect(rename(folder.file("in"), folder.file("fifo2")) == 0)
        folder.write("in", "3")
        successors.look()
        // The second FIFO has lost the name by which alone it could be opened.
        #expect([next(), next(), next()] == ["2", "3", nil])
        #expect(successors.takeLost() == 1)
    }

    @Test func `what has to be opened by its name stays until it was opened`() {
        #expect(rename(folder.file("in"), folder.file("in.1")) == 0)
        #expect(mkfifo(folder.file("in"), 0o600) == 0)
        #expect(successors.look() == 7)
        #expect(
            successors.next()?.descriptor == -1 && successors.next()?.descriptor == -1, "its opening may have failed")
        #expect(successors.look() == 7)
        #expect(next() == "by name" && successors.next() == nil && successors.look() == nil)
        #expect(successors.takeLost() == 0)
    }

    @Test func `what could not be opened at first is opened when it is seen again`() {
        #expect(rename(folder.file("in"), folder.file("in.1")) == 0)
        folder.write("in", "2")
        let arrived = whileOpeningIsRefused { successors.look() }
        #expect(arrived == 7 && successors.next()?.descriptor == -1)
        successors.look()
        #expect(rename(folder.file("in"), folder.file("in.2")) == 0)
        folder.write("in", "3")
        successors.look()
        #expect([next(), next(), next()] == ["2", "3", nil] && successors.takeLost() == 0)
    }

    /// Does something while a lease on the file refuses to open it without waiting, to root too.
    private func whileOpeningIsRefused<Result>(_ body: () -> Result) -> Result {
        let (setSignal, setLease): (Int32, Int32) = (10, 1024)
        let holder = open(folder.file("in"), O_RDWR | O_CLOEXEC)
        defer { close(holder) }
        // One that is ignored, in place of the one that ends the process.
        #expect(fcntl(holder, setSignal, SIGURG) == 0)
        #expect(fcntl(holder, setLease, Int32(F_WRLCK)) == 0)
        defer { _ = fcntl(holder, setLease, Int32(F_UNLCK)) }
        return body()
    }

    @Test func `nothing stays open at the end, nor when another file is begun with`() {
        for number in 1...5 { rotate(to: number) }
        #expect(openFiles(in: folder) == 5)
        follow()
        #expect(openFiles(in: folder) == 0)
        rotate(to: 6)
        successors.clear()
        #expect(openFiles(in: folder) == 0)
        rotate(to: 7)
        #expect(openFiles(in: folder) == 0 && successors.count == 0)
        do {
            let others = Successors(path: folder.file("in"), now: { 1 })
            var status = stat()
            #expect(stat(folder.file("in.1"), &status) == 0)
            others.follow(status)
            #expect(others.look() == 1)
            #expect(openFiles(in: folder) == 1)
        }
        #expect(openFiles(in: folder) == 0)
    }
}

/// How many descriptors of this process are of files in a folder.
func openFiles(in folder: TemporaryFolder) -> Int {
    (0..<1024).filter { number in
        var name = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/fd/\(number)", &name, name.count - 1)
        return count > 0
            && String(decoding: name[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self).hasPrefix(folder.path)
    }.count
}
