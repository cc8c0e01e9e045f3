import ConnectConfig
import ConnectModel
import PluginTestKit
import Testing

@testable import kafka_connect

@Suite struct ConnectorFolderPlanTests {
    private typealias Book = ConnectorFolderPlan.Book

    /// A file that says its connector's name and one key.
    private func file(_ path: String, _ name: String, _ topic: String = "t") -> ConnectorFile {
        .parse(Array("name: \(name)\ntopic: \(topic)\n".utf8), file: path)
    }

    private func broken(_ path: String, _ text: String = "name: [\n") -> ConnectorFile {
        .parse(Array(text.utf8), file: path)
    }

    /// A file whose name can be read while something else is wrong.
    private func half(_ path: String, _ name: String) -> ConnectorFile {
        .parse(Array("{\"name\": \"\(name)\", \"config\": {\"a\": \"b\"}, \"initial_state\": \"NO\"}".utf8), file: path)
    }

    private func plan(
        _ files: [ConnectorFile], _ book: Book = [:], inForce: [String: ConfigMap] = [:]
    ) -> ConnectorFolderPlan {
        ConnectorFolderPlan(files, book: book) { inForce[$0] }
    }

    private func config(_ name: String, _ topic: String = "t") -> ConfigMap {
        ConfigMap([("name", name), ("topic", topic)])
    }

    private func changes(_ plan: ConnectorFolderPlan) -> [String] {
        plan.changes.map { "\($0.isNew ? "+" : "~")\($0.connector) \($0.file.file)" }
    }

    @Test func `new files are added, changed ones changed, missing ones removed, the rest is left alone`() {
        let book: Book = [
            "a.yaml": .init(connector: "a"), "b.yaml": .init(connector: "b"), "c.yaml": .init(connector: "c"),
        ]
        let inForce = ["a": config("a"), "b": config("b"), "c": config("c"), "rest": config("rest")]
        let plan = plan([file("a.yaml", "a"), file("b.yaml", "b", "new"), file("d.yaml", "d")], book, inForce: inForce)
        #expect(changes(plan) == ["~b b.yaml", "+d d.yaml"])
        #expect(plan.removals == ["c"])
        #expect(plan.unchanged == 1)
        #expect(plan.complaints == [])
        #expect(
            plan.book == [
                "a.yaml": .init(connector: "a"), "b.yaml": .init(connector: "b"), "d.yaml": .init(connector: "d"),
            ])
    }

    @Test func `what a client changed or deleted becomes again what the file says`() {
        let book: Book = ["a.yaml": .init(connector: "a"), "b.yaml": .init(connector: "b")]
        let plan = plan([file("a.yaml", "a"), file("b.yaml", "b")], book, inForce: ["a": config("a", "other")])
        #expect(changes(plan) == ["~a a.yaml", "+b b.yaml"])
    }

    @Test func `a connector of a client that a file names belongs to the file from then on`() {
        let first = plan([file("a.yaml", "a", "new")], inForce: ["a": config("a")])
        #expect(changes(first) == ["~a a.yaml"])
        let second = plan([], first.book, inForce: ["a": config("a", "new")])
        #expect(second.removals == ["a"])
        #expect(second.book == [:])
    }

    @Test func `a file that is moved or names another connector`() {
        let book: Book = ["a.yaml": .init(connector: "a")]
        let inForce = ["a": config("a")]
        let moved = plan([file("z.yaml", "a")], book, inForce: inForce)
        #expect(changes(moved) == [] && moved.removals == [] && moved.unchanged == 1)
        #expect(moved.book == ["z.yaml": .init(connector: "a")])
        let renamed = plan([file("a.yaml", "b")], book, inForce: inForce)
        #expect(changes(renamed) == ["+b a.yaml"])
        #expect(renamed.removals == ["a"])
        #expect(plan([], book).removals == [], "a client has deleted it already")
    }

    @Test func `a file that is broken harms its own connector alone, which keeps what it has`() {
        let book: Book = ["a.yaml": .init(connector: "a"), "b.yaml": .init(connector: "b")]
        let inForce = ["a": config("a"), "b": config("b")]
        for bad in [broken("a.yaml"), half("a.yaml", "a"), half("a.yaml", "other")] {
            let plan = plan([bad, file("b.yaml", "b", "new")], book, inForce: inForce)
            #expect(changes(plan) == ["~b b.yaml"])
            #expect(plan.removals == [])
            #expect(plan.book == book)
            #expect(plan.complaints.map(\.connector) == ["a"])
            #expect(plan.complaints.first?.text.hasPrefix("a.yaml:") == true)
            #expect(
                plan.complaints.first?.text.hasSuffix("the connector a keeps the configuration that it has") == true)
        }
    }

    @Test func `a file that is moved and broken costs nothing`() {
        let book: Book = ["a.yaml": .init(connector: "a"), "b.yaml": .init(connector: "b")]
        let inForce = ["a": config("a"), "b": config("b")]
        let named = plan([half("z.yaml", "a"), file("b.yaml", "b")], book, inForce: inForce)
        #expect(changes(named) == [] && named.removals == [])
        #expect(named.book == ["z.yaml": .init(connector: "a"), "b.yaml": .init(connector: "b")])
        #expect(named.complaints.first?.text.hasSuffix("the connector a keeps the configuration that it has") == true)
        // Which connector it is cannot be told: none that has lost its file goes before that is clear.
        let nameless = plan([broken("z.yaml"), file("b.yaml", "b")], book, inForce: inForce)
        #expect(changes(nameless) == [] && nameless.removals == [])
        #expect(nameless.book == book)
        let mended = plan([file("z.yaml", "c"), file("b.yaml", "b")], nameless.book, inForce: inForce)
        #expect(changes(mended) == ["+c z.yaml"] && mended.removals == ["a"])
    }

    @Test func `a new file that is broken shows as a connector where its name can be read, and belongs to no other`() {
        let nameless = plan([broken("a.yaml")])
        #expect(changes(nameless) == [] && nameless.book == [:])
        #expect(nameless.complaints.map(\.file) == ["a.yaml"])
        let named = plan([half("a.yaml", "a")])
        #expect(changes(named) == ["+a a.yaml"])
        #expect(named.book == ["a.yaml": .init(connector: "a", mustRetry: true)])
        let foreign = plan([half("a.yaml", "a")], inForce: ["a": config("a")])
        #expect(changes(foreign) == [] && foreign.book == [:])
        #expect(foreign.complaints.first?.text.hasSuffix("which was made over REST, is left as it is") == true)
    }

    @Test func `what was refused is tried again though the file is the same`() {
        let book: Book = ["a.yaml": .init(connector: "a", mustRetry: true)]
        let plan = plan([file("a.yaml", "a")], book, inForce: ["a": config("a")])
        #expect(changes(plan) == ["~a a.yaml"])
        #expect(plan.book == ["a.yaml": .init(connector: "a")])
    }

    @Test func `of two files with one connector the one that had it counts, else the first`() {
        let fresh = plan([file("a.yaml", "x"), file("b.yaml", "x", "2")])
        #expect(changes(fresh) == ["+x a.yaml"])
        #expect(
            fresh.complaints == [
                .init(
                    file: "b.yaml", connector: "x",
                    text: "b.yaml: error: the connector x stands in a.yaml too, which counts")
            ])
        let later = plan(
            [file("a.yaml", "x", "2"), file("b.yaml", "x")], ["b.yaml": .init(connector: "x")],
            inForce: ["x": config("x")])
        #expect(changes(later) == [] && later.unchanged == 1)
        #expect(later.complaints.map(\.file) == ["a.yaml"])
        // At the start nobody has had it: a good file wins over one that is broken, whatever their names.
        let good = plan([half("a.yaml", "x"), file("b.yaml", "x"), half("c.yaml", "x")])
        #expect(changes(good) == ["+x b.yaml"])
        #expect(good.complaints.map(\.file) == ["a.yaml", "c.yaml"])
        for complaint in good.complaints {
            #expect(complaint.text.hasPrefix("\(complaint.file):") && complaint.text.contains("initial_state"))
            #expect(complaint.text.hasSuffix("; the connector x stands in b.yaml too, which counts"))
        }
        // So does one that comes later than a broken file whose connector never came up.
        let mended = plan(
            [half("a.yaml", "x"), file("b.yaml", "x")], ["a.yaml": .init(connector: "x", mustRetry: true)],
            inForce: ["x": ConfigMap([("name", "x")])])
        #expect(changes(mended) == ["~x b.yaml"] && mended.removals == [])
        #expect(mended.book == ["b.yaml": .init(connector: "x")])
        // A file that is broken still has its connector.
        let held = plan(
            [file("a.yaml", "x", "2"), broken("b.yaml")], ["b.yaml": .init(connector: "x")], inForce: ["x": config("x")]
        )
        #expect(changes(held) == [])
        #expect(held.complaints.map(\.file) == ["a.yaml", "b.yaml"])
        #expect(held.book == ["b.yaml": .init(connector: "x")])
    }
}

@Suite struct ConnectorFolderTests {
    @Test func `configuration files are found by their endings, in order`() {
        let folder = TemporaryFolder()
        for name in ["b.yaml", "a.yml", "c.properties", "d.json", "e.yaml~", "f.dpkg-old", ".g.yaml", "h"] {
            _ = folder.write(name, "")
        }
        let found = ["a.yml", "b.yaml", "c.properties", "d.json"].map { "\(folder.path)/\($0)" }
        #expect(ConnectorFolder.list(folder.path) == .files(found))
    }

    @Test func `a folder that is not there is another thing than one that cannot be read`() {
        let folder = TemporaryFolder()
        #expect(ConnectorFolder.list("\(folder.path)/none") == .missing)
        #expect(ConnectorFolder.list(folder.write("file", "")) == .unreadable("Not a directory"))
    }

    @Test(arguments: [
        ("/etc/kafka-connect/worker.yaml", "/etc/kafka-connect/connectors.d"), ("worker.yaml", "connectors.d"),
        ("./w.yaml", "./connectors.d"), ("/w.yaml", "/connectors.d"),
    ])
    func `it stands beside the worker's file`(file: String, folder: String) {
        #expect(ConnectorFolder.path(beside: file) == folder)
    }
}
