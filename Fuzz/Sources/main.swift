// One program for all fuzzers: `fuzz TARGET [libFuzzer's own arguments]`. scripts/fuzz builds and runs it.
internal import Glibc
internal import FuzzDriver

guard CommandLine.arguments.count > 1, let target = FuzzTarget(rawValue: CommandLine.arguments[1]) else {
    print(FuzzTarget.allCases.map(\.rawValue).joined(separator: " "))
    exit(2)
}

// libFuzzer reads everything behind the program's name, so the target's name is taken out.
var count = CommandLine.argc - 1
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv + 1
exit(LLVMFuzzerRunDriver(&count, &arguments, target.function))
