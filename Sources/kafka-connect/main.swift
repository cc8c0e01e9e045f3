import Glibc

exit(Entry.run(ProcessArguments.read()))
