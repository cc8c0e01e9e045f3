import Glibc

exit(Entry.run(Swift.CommandLine.arguments))
