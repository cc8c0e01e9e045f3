import CLinux

// Threads may still be inside of plugins, and are not waited for.
kcl_end_process(Entry.run(ProcessArguments.read()))
