import ConnectABI
import PluginTestKit
import Testing

@Suite struct HeaderTests {
    static let compilers = [
        ["cc", "-std=c11"], ["c++", "-std=c++11"], ["clang", "-std=c11"], ["clang++", "-std=c++20"],
    ]

    @Test(arguments: compilers)
    func `the header compiles strictly on its own`(_ compiler: [String]) throws {
        if ChildProcess.run([compiler[0], "--version"]).status != 0 { return }
        let language = compiler[1].contains("++") ? "c++" : "c"
        let source = """
            #include "kafka_connect.h"
            #include "kafka_connect.h"
            int main(void) { return KC_ABI_MAJOR + (int)sizeof(kc_plugin) - 64; }
            """
        let result = ChildProcess.run(
            compiler + [
                "-x", language, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only",
                "-I", CompiledPlugin.headerFolder, "-",
            ], input: source)
        #expect(result.status == 0, "\(result.output)")
    }

    @Test func `values and records keep their sizes and offsets`() {
        #expect(MemoryLayout<kc_value>.size == 16)
        #expect(MemoryLayout<kc_record>.size == 96)
        #expect(MemoryLayout<kc_header>.size == 40)
        #expect(MemoryLayout<kc_batch>.size == 96)
        #expect(MemoryLayout<kc_schema>.size == 104)
        #expect(MemoryLayout<kc_class>.size == 88)
        #expect(MemoryLayout<kc_config_key>.size == 104)
        #expect(MemoryLayout<kc_plugin>.size == 64)
        #expect(MemoryLayout<kc_value>.offset(of: \.length) == 4)
        #expect(MemoryLayout<kc_value>.offset(of: \.u) == 8)
        #expect(MemoryLayout<kc_record>.offset(of: \.offset) == 32)
        #expect(MemoryLayout<kc_record>.offset(of: \.headers) == 48)
        #expect(MemoryLayout<kc_record>.offset(of: \.topic) == 60)
        #expect(MemoryLayout<kc_record>.offset(of: \.timestamp) == 80)
        #expect(MemoryLayout<kc_plugin>.offset(of: \.struct_size) == 12)
    }

    @Test func `the magic number reads as text in memory`() {
        let bytes = withUnsafeBytes(of: KC_MAGIC.littleEndian) { Array($0) }
        #expect(String(decoding: bytes, as: UTF8.self) == "AKFKCONN")
    }
}
