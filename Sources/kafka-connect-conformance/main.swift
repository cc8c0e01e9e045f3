import Conformance
import Glibc

exit(ConformanceProgram.run(CommandLine.arguments))
