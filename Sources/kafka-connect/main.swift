import CLinux
import Logging

let code = Entry.run(ProcessArguments.read())
// Why a worker ends stands last in its log.
LogSystem.flush(milliseconds: LogEnd.milliseconds)
// Threads may still be inside of plugins, and are not waited for.
kcl_end_process(code)
