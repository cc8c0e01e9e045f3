import Settings
import Testing

@testable import ConnectConfig

struct ReferencePageTests {
    /// With `RECORD=1` in the environment the page is written anew, and the test fails so that nobody records by mistake.
    @Test func `The committed page is what the tables say`() throws {
        let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let path = "/\(folder)/docs/configuration.md"
        let page = ReferencePage.render()
        if ProcessEnvironment.variables()["RECORD"] == "1" {
            try write(page, to: path)
            Issue.record("\(path) was written anew")
            return
        }
        let committed = String(decoding: try FileContents.read(path), as: UTF8.self)
        #expect(committed == page, "docs/configuration.md differs from the tables; run this test with RECORD=1")
    }

    @Test func `Every default is a value that its own key takes`() {
        for table in [
            WorkerKeys.distributed, WorkerKeys.standaloneWorker, ConnectorKeys.sourceTable, ConnectorKeys.sinkTable,
        ] {
            for report in table.validate([:]).reports where report.key?.isRequired == false {
                #expect(
                    report.errors.allSatisfy { $0.hasPrefix("Missing required") }, "\(report.name) \(report.errors)")
                #expect(report.key?.documentation.isEmpty == false, "\(report.name)")
            }
        }
    }

    @Test(arguments: [
        ("a <code>b</code> c", "a `b` c"), ("x<br/>y<br>z", "x\n\ny\n\nz"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        ("see <a href=\"https://x/\">here</a>.", "see [here](https://x/)."), ("5 < 6 * 7", "5 \\< 6 \\* 7"),
        ("<b>n</b>", "**n**"),
        ("a &lt;b&gt;", "a <b>"),
    ])
    func `Descriptions in HTML read as Markdown`(html: String, markdown: String) {
        #expect(HTMLText.markdown(html) == markdown)
    }
}
