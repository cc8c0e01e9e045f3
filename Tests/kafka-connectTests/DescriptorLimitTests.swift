import PluginTestKit
import Testing

/// The REST interface of a worker that may open few files.
@Suite struct DescriptorLimitTests {
    /// Starts a worker under a limit, opens a hundred connections that send one byte each, and asks for `/`. `$1` is the
    /// program, `$2` the worker's file, `$3` the log, `$4` the limit.
    private static let script = #"""
        (ulimit -n "$4"; exec "$1" standalone "$2") >"$3" 2>&1 &
        worker=$!
        trap 'kill -9 $worker 2>/dev/null; wait $worker 2>/dev/null' EXIT
        for _ in $(seq 200); do
            port=$(sed -n 's|.*REST on http://127.0.0.1:\([0-9]*\).*|\1|p' "$3")
            [ -n "$port" ] && break
            kill -0 $worker 2>/dev/null || break
            sleep 0.05
        done
        [ -n "$port" ] || { echo "no port"; cat "$3"; exit 1; }
        for _ in $(seq 100); do exec {half}<>/dev/tcp/127.0.0.1/$port && printf x >&$half; done
        exec {client}<>/dev/tcp/127.0.0.1/$port
        printf 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' >&$client
        read -r -t 10 -u $client line && echo "answered ${line%% [^0-9]*}"
        """#

    private func run(limit: Int) -> (answer: String, log: String) {
        let folder = TemporaryFolder()
        let worker = folder.write(
            "worker.yaml",
            """
            bootstrap.servers: 127.0.0.1:1
            key.converter: org.apache.kafka.connect.storage.StringConverter
            value.converter: org.apache.kafka.connect.storage.StringConverter
            offset.storage.file.filename: \(folder.file("offsets"))
            listeners: http://127.0.0.1:0
            plugin.path: \(folder.path)

            """)
        let log = folder.file("log")
        let result = ChildProcess.run(["bash", "-c", Self.script, "bash", WorkerProgram.path, worker, log, "\(limit)"])
        return (result.output, folder.text("log"))
    }

    @Test func `a hundred half-open connections do not shut out the next one`() {
        let (answer, log) = run(limit: 48)
        #expect(answer.hasPrefix("answered HTTP/1.1 503"), "\(answer)\n\(log)")
    }

    @Test func `one that could not be accepted is told of in the log, and gets its turn`() {
        // The fewest that a worker starts with, and so too few for the connections that it takes at least.
        for limit in 24..<48 {
            let (answer, log) = run(limit: limit)
            guard answer.hasPrefix("answered HTTP/1.1 503") else { continue }
            #expect(log.contains("out of file descriptors"), "\(limit)\n\(log)")
            return
        }
        Issue.record("no limit lets a worker answer")
    }
}
