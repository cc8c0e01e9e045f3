"""kafka-connect-conformance: each rule that a library breaks is found by the check that is there for it, in plain words, and
libraries that keep the rules pass wholly."""
import json
import os
import pathlib
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
PLUGINS = pathlib.Path(os.environ.get("TEST_BUILT") or TOP / ".build/release")
PROGRAM = PLUGINS / "kafka-connect-conformance"
SOURCE, SINK = "org.example.CarelessSourceConnector", "org.example.CarelessSinkConnector"


def compiled(target, *sources, options=()):
    subprocess.run(
        ["cc", "-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-fvisibility=hidden",
         f"-I{TOP}/Sources/ConnectABI/include", "-o", target, *sources, *options, "-lpthread"], check=True)
    return target


@pytest.fixture(scope="session")
def careless(tmp_path_factory):
    return compiled(tmp_path_factory.mktemp("careless") / "careless.so", TOP / "Tests/Conformance/careless.c")


def run(library, *arguments, fault=None, timeout=120):
    environment = {key: value for key, value in os.environ.items() if key != "CARELESS"}
    if fault:
        environment["CARELESS"] = fault
    done = subprocess.run(
        [PROGRAM, *arguments, library], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
        timeout=timeout)
    return done.returncode, done.stdout, done.stderr


def verdicts(library, *arguments, fault=None):
    """Result and remarks by the name of the check, and the exit code."""
    code, out, err = run(library, "--json", *arguments, fault=fault)
    lines = [json.loads(line) for line in out.splitlines()]
    assert lines and set(lines[-1]) == {"ok", "fail", "skip"}, out + err
    found = {line["check"]: (line["result"], "; ".join(line["remarks"])) for line in lines[:-1]}
    assert code == (1 if any(result == "fail" for result, _ in found.values()) else 0)
    return found, code


def of_class(name):
    return ("--class", name, "--seconds", "0.4", "--limit", "2")


# What breaks a rule, the check that finds it, and what its words say.
LIBRARY = [
    ("load-exit", "load", "exit code 0 in dlopen"),
    ("load-crash", "load", "SIGABRT"),
    ("load-hang", "load", "did not return within 1 s"),
    ("entry-null", "load", "returned NULL"),
    ("entry-moves", "load", "another address"),
    ("entry-changes", "load", "changes between two calls"),
    ("unload-crash", "load", "when the process ended"),
    ("unload-hang", "load", "did not end after everything was destroyed"),
    ("load-handler", "process", "signal 10"),
    ("load-locale", "process", "locale from C to C.UTF-8"),
    ("load-umask", "process", "umask"),
    ("load-folder", "process", "working folder to /"),
    ("load-limit", "process", "RLIMIT_NOFILE"),
    ("load-thread", "process", "starts 1 threads"),
    ("load-prints", "process", "hello from the constructor"),
    ("load-environment", "process", "CARELESS_WAS_HERE"),
    ("load-file", "process", "opens 1 files"),
    ("load-mask", "process", "signals the worker's thread blocks"),
    ("magic", "description", "KC_MAGIC"),
    ("major", "description", "version 9"),
    ("plugin-size", "description", "struct_size is 20"),
    ("no-name", "description", "name is empty"),
    ("latin-name", "description", "name is not UTF-8"),
    ("no-class", "description", "no class"),
    ("classes-stride", "description", "stride of 4"),
    ("twins", "classes", "two classes are called"),
    ("class-without-name", "classes", "class 0 has no name"),
    ("alias-twice", "classes", "called Careless"),
    ("class-kind", "classes", "unknown kind 77"),
    ("no-poll", "functions", "source task of class org.example.CarelessSourceConnector lacks poll"),
    ("no-stop", "functions", "connector of class org.example.CarelessSourceConnector lacks stop"),
    ("no-task", "functions", "no table of task functions"),
    ("small-task", "functions", "struct_size 24"),
    ("extension-answered", "extensions", "answers something"),
    ("key-twice", "keys", "declared twice"),
    ("key-default", "keys", "default of key size"),
    ("key-default-range", "keys", "500"),
    ("key-hidden-default", "keys", "KC_KEY_HAS_DEFAULT"),
    ("key-reserved", "keys", "tasks.max"),
    ("key-type", "keys", "unknown type 9"),
    ("key-importance", "keys", "unknown importance 5"),
    ("key-undocumented", "keys", "no documentation"),
    ("key-blank", "keys", "blank"),
    ("key-dependent", "keys", "dependent nothing"),
    ("key-empty-range", "keys", "no number is in"),
    ("key-validator", "keys", "unknown kind 70"),
]
CONNECTOR = [
    ("create-thread", "connector", "create starts a thread"),
    ("create-no-handle", "connector", "sets no handle"),
    ("start-status", "connector", "answered 42"),
    ("start-locale", "connector", "an instance changes the locale"),
    ("start-exit", "connector", "exit code 3 in start of the connector"),
    ("config-cstring", "connector", "beyond the end of what start of the connector was lent"),
    ("config-written", "connector", "wrote into what start of the connector was lent"),
    ("config-kept", "connector", "used what start of the connector was lent after the call"),
    ("too-many-tasks", "connector", "2 configurations where max_tasks is 1"),
    ("tasks-at-no-address", "connector", "at no address"),
    ("tasks-hang", "connector", "task_configs of the connector did not return within 1 s"),
    ("tasks-again", "connector", "again and again: KC_RETRIABLE: the tables are not listed yet"),
    ("destroy-created", "connector.created", "in destroy of the connector"),
    ("interrupt-created", "connector.created", "in interrupt of the connector before start"),
    ("destroy-created", "task.created", "in destroy of the source task"),
    ("interrupt-created", "task.created", "in interrupt of the source task before start"),
    ("stop-fails", "connector", "stop failed: not now"),
    ("destroy-crash", "connector", "in destroy of the connector"),
    ("support-unset", "connector.questions", "sets no answer"),
    ("validate-cstring", "connector.questions", "beyond the end of what validate"),
    ("validate-latin", "connector.questions", "errors of validate is not UTF-8"),
    ("connector-leak", "connector.rounds", "bytes are never freed"),
    ("connector-thread", "connector.rounds", "threads are left"),
    ("connector-file", "connector.rounds", "descriptors are left"),
    ("config-missing", "connector.config", "in start of the connector"),
    ("error-silent", "connector.config", "failed without a text"),
    ("error-latin", "connector.config", "text that is not UTF-8"),
    ("error-zero", "connector.config", "zero byte"),
    ("error-length-beyond", "connector.config", "room for"),
    ("error-overrun", "connector.config", "beyond the end of the reply or its room"),
    ("error-uncounted", "connector.config", "left reply->error_length at 0"),
    ("error-silent", "task.config", "failed without a text"),
    ("host-copied", "host.smaller", "beyond the end of the host's table"),
    ("config-stride", "host.later", "a key of a task configuration"),
]
OF_SOURCE = [
    ("poll-exit", "source", "exit code 7 in poll of the source task"),
    ("poll-crash", "source", "SIGSEGV"),
    ("poll-alarm", "source", "signal 14"),
    ("poll-hang", "source", "poll of the source task did not return within 1 s"),
    ("poll-closes", "source", "closed descriptors that are not its own"),
    ("poll-fails", "source", "poll failed: the disk is gone"),
    ("poll-hint", "source", "wants to be called again after 4294967295 ms, a negative number"),
    ("batch-with-failure", "source", "poll failed: and a batch"),
    ("batch-topic", "source", "names topic 1 of 1"),
    ("batch-partition", "source", "source partition 3 of 1"),
    ("batch-latin", "source", "STRING that is not UTF-8"),
    ("batch-range", "source", "INT8 of 300"),
    ("batch-schema", "source", "schema 7"),
    ("batch-mismatch", "source", "INT64 where its schema says STRING"),
    ("batch-kind", "source", "unknown kind 99"),
    ("batch-negative", "source", "negative length -3"),
    ("batch-nowhere", "source", "at no address"),
    ("batch-headers", "source", "2 headers at no address"),
    ("batch-timestamp", "source", "negative timestamp"),
    ("batch-kafka-partition", "source", "negative Kafka partition"),
    ("batch-transaction", "source", "ends a transaction"),
    ("batch-reserved", "source", "reserved"),
    ("batch-offset", "source", "offset that is a STRING"),
    ("no-offset-key", "source", "no offset_key"),
    ("partition-at-no-address", "source", "at no address"),
    ("batch-size", "source", "struct_size 8"),
    ("batch-unknown", "source", "unknown kind 9"),
    ("batch-stride", "source", "stride of 8"),
    ("batch-table", "source", "table of topics"),
    ("batch-version", "source", "tables_version 1"),
    ("schema-itself", "source", "contains itself"),
    ("schema-field", "source", "field of schema 5"),
    ("schema-kind", "source", "the kind 0"),
    ("schema-default", "source", "schema 0 has a default that is"),
    ("ranges-kept", "source", "used what acknowledged of the source task was lent"),
    ("release-crash", "source", "in release_batch of the source task"),
    ("stop-hang", "source", "stop of the source task did not return"),
    ("log-late", "source", "host->log after its destroy"),
    ("log-latin", "source", "line of log is not UTF-8"),
    ("asks-outside", "source", "host->read_offsets outside of any call"),
    ("wrong-service", "source", "request_commit, which is not for it"),
    ("raises", "source", "raised an error: it broke"),
    ("batch-changed", "source.batches", "changed while it was out"),
    ("batch-again", "source.batches", "is out already"),
    ("stop-frees", "source.batches", "changed while it was out"),
    ("poll-deaf", "source.interrupt", "poll of the source task did not return"),
    ("poll-angry", "source.interrupt", "failed when it was interrupted"),
    ("interrupt-lost", "source.interrupt", "came between two calls was lost"),
    ("offsets-unread", "source.offsets", "host->read_offsets"),
    ("offset-repeated", "source.offsets", "host->read_offsets"),
    ("offset-early", "source.offsets", "host->read_offsets"),
    ("child-ends", "source", "1 child processes of an instance have ended and nobody has waited for them"),
    ("child-stays", "source", "a child process of an instance lives on after destroy"),
    ("child-hides", "source", "a process that the library has started lives on"),
    ("child-ends", "source.rounds", "100 child processes of 100 instances have ended"),
    ("batch-shared", "source.together", "changed while it was out"),
    ("source-leak", "source.rounds", "bytes are never freed"),
]
OF_SINK = [
    ("asks-outside", "sink", "host->request_commit outside of any call"),
    ("put-hang", "sink", "put of the sink task did not return within 1 s"),
    ("put-fails", "sink", "put failed: the disk is full"),
    ("put-again", "sink", "again and again"),
    ("put-written", "sink", "wrote into what put of the sink task was lent"),
    ("put-kept", "sink", "used what put of the sink task was lent after the call"),
    ("put-cstring", "sink", "beyond the end of what put"),
    ("put-bad-record", "sink", "record 1000 is reported as bad"),
    ("commit-beyond", "sink", "records would be lost"),
    ("commit-lent", "sink", "used what pre_commit of the sink task was lent"),
    ("commit-negative", "sink", "the offset -5"),
    ("commit-twice", "sink", "twice"),
    ("commit-later", "sink", "KC_RETRIABLE: the table is locked: what was put since the last commit would come again"),
    ("commit-never", "sink", "puts every commit off"),
    ("destroy-twice", "sink", "destroy of the sink task"),
    ("destroy-created", "task.created", "in destroy of the sink task"),
    ("put-null", "sink.values", "in put of the sink task"),
    ("put-large", "sink.values", "in put of the sink task"),
    ("put-kinds", "sink.values", "in put of the sink task"),
    ("commit-closed", "sink.partitions", "which it was not asked about"),
    ("sink-leak", "sink.rounds", "bytes are never freed"),
    ("put-stride", "host.later", "put"),
    ("put-flags", "host.later", "unknown flags"),
    ("put-size", "host.later", "another version"),
]


def expect(library, fault, check, words, *arguments):
    limit = "1" if "did not return" in words else "5"
    found, _ = verdicts(library, "--only", check, *arguments, "--seconds", "0.4", "--limit", limit, fault=fault)
    assert found[check][0] == "fail" and words in found[check][1], found[check]
    good, _ = verdicts(library, "--only", check, *arguments, "--seconds", "0.4")
    assert good[check][0] == "ok", good[check]


@pytest.mark.parametrize("fault, check, words", LIBRARY)
def test_a_library_that_breaks_a_rule_is_told_which(careless, fault, check, words):
    expect(careless, fault, check, words)


@pytest.mark.parametrize("fault, check, words", CONNECTOR + OF_SOURCE)
def test_a_source_that_breaks_a_rule_is_told_which(careless, fault, check, words):
    expect(careless, fault, check, words, "--class", SOURCE)


@pytest.mark.parametrize("fault, check, words", OF_SINK)
def test_a_sink_that_breaks_a_rule_is_told_which(careless, fault, check, words):
    expect(careless, fault, check, words, "--class", SINK)


def test_what_else_is_exported_is_named(careless, tmp_path):
    more = tmp_path / "more.c"
    more.write_text('__attribute__((visibility("default"))) int helper(void); int helper(void) { return 1; }\n')
    library = compiled(tmp_path / "more.so", TOP / "Tests/Conformance/careless.c", more)
    found, _ = verdicts(library, "--only", "exports")
    assert found["exports"][0] == "fail" and "1 more (helper)" in found["exports"][1]


def test_a_file_that_is_no_library_is_refused_and_one_that_others_write_is_told(careless, tmp_path):
    text = tmp_path / "text.so"
    text.write_text("I am no library\n")
    found, _ = verdicts(text)
    assert "not an ELF" in found["file"][1]
    assert {result for name, (result, _) in found.items() if name != "file"} == {"skip"}
    copy = tmp_path / "copy.so"
    copy.write_bytes(careless.read_bytes())
    copy.chmod(0o777)
    found, code = verdicts(copy)
    assert code == 0 and "chmod go-w" in found["file"][1]


@pytest.mark.parametrize("name", [SOURCE, SINK, "Careless" + "Source"])
def test_a_library_that_keeps_the_rules_passes_wholly(careless, name):
    found, code = verdicts(careless, *of_class(name))
    assert code == 0 and {result for result, _ in found.values()} == {"ok"}, found
    assert len(found) > 15


def test_other_checks_run_when_one_crashes(careless):
    found, code = verdicts(careless, *of_class(SOURCE), fault="release-crash")
    assert code == 1 and found["source"][0] == "fail" and found["connector.rounds"][0] == "ok"


def test_a_poll_that_waits_for_an_interrupt_is_fine(careless):
    found, _ = verdicts(careless, "--only", "source,source.interrupt,source.rounds", *of_class(SOURCE), fault="poll-waits")
    assert {result for result, _ in found.values()} == {"ok"}, found


@pytest.mark.parametrize("name, check, fault", [
    (SOURCE, "connector", "tasks-later"), (SOURCE, "source", "tasks-later"), (SINK, "sink", "put-later"),
    (SINK, "sink", "commit-soon"), (SINK, "sink", "commit-slow"), (SINK, "sink", "commit-wakes"),
    (SOURCE, "source.offsets", "offset-shared"), (SOURCE, "source.offsets", "offset-constant"),
])
def test_what_the_header_allows_passes(careless, name, check, fault):
    found, _ = verdicts(careless, "--only", check, *of_class(name), fault=fault)
    assert found[check][0] == "ok", found


def test_a_wait_that_is_longer_than_a_check_is_no_fault(careless):
    code, out, err = run(careless, "--only", "sink", *of_class(SINK), fault="put-much-later")
    assert code == 2 and "\nskip  sink " in out and "The check 'sink' did not run: put of the sink task wants to be called" in err


@pytest.mark.parametrize("fault, words", [
    ("poll-silent", "the last poll answered KC_WOULD_BLOCK:"), ("poll-later", "KC_RETRIABLE: connection refused"),
    ("tasks-none", "no work for a task"),
])
def test_a_configuration_that_brings_nothing_is_no_success(careless, tmp_path, fault, words):
    config = tmp_path / "connector.properties"
    config.write_text(f"connector.class={SOURCE}\nsize=1\n")
    for check in ("source", "source.batches", "source.offsets", "host.later"):
        found, code = verdicts(careless, "--only", check, "--config", config, "--seconds", "0.3", fault=fault)
        assert code == 1 and found[check][0] == "fail" and words in found[check][1], found
    # One that was guessed may be the reason.
    found, code = verdicts(careless, *of_class(SOURCE), fault=fault)
    assert code == 0 and found["source"][0] == "skip" and words in found["source"][1], found


def test_a_check_that_was_named_and_did_not_run_is_misuse(careless):
    for arguments, words in (
        (["--only", "sink"], "runs instances of a class"),
        (["--only", "load,sink.values", "--class", SOURCE], "The check 'sink.values' is for sinks, and the class is a source."),
        (["--only", "source", "--class", SINK], "is for sources, and the class is a sink"),
    ):
        code, out, err = run(careless, *arguments)
        assert code == 2 and words in err, (arguments, out, err)
    code, out, err = run(careless, "--only", "source.offsets", *of_class(SOURCE), fault="poll-silent")
    assert code == 2 and "did not run: no record came" in err, (out, err)


TOOLS, FILE = "org.apache.kafka.connect.tools.Verifiable", "org.apache.kafka.connect.file.FileStream"


@pytest.mark.parametrize("library, name, lines", [
    ("verifiable", f"{TOOLS}SourceConnector", "topic: t\nthroughput: -1\ncomplete.record.data: true\n"),
    ("verifiable", f"{TOOLS}SinkConnector", ""),
    ("file", f"{FILE}SourceConnector", "topic: t\nfile: {folder}/in.txt\nbatch.size: 5\n"),
    ("file", f"{FILE}SinkConnector", "file: {folder}/out.txt\n"),
])
def test_the_projects_own_connectors_pass_wholly(tmp_path, library, name, lines):
    (tmp_path / "in.txt").write_text("".join(f"line {number}\n" for number in range(100)))
    config = tmp_path / "connector.yaml"
    config.write_text(f"name: c\nconnector.class: {name}\n" + lines.replace("{folder}", str(tmp_path)))
    found, code = verdicts(
        PLUGINS / f"libkafka-connect-{library}.so", "--config", config, "--seconds", "1", "--limit", "3")
    assert code == 0 and {result for result, _ in found.values()} == {"ok"}, found


def test_the_template_in_c_passes_wholly(tmp_path):
    library = compiled(tmp_path / "heartbeat.so", TOP / "packaging/templates/c/heartbeat.c")
    config = tmp_path / "connector.properties"
    config.write_text("connector.class=HeartbeatSource\ntopic=beats\ninterval.ms=10\n")
    found, code = verdicts(library, "--config", config, "--seconds", "1", "--limit", "3")
    assert code == 0 and {result for result, _ in found.values()} == {"ok"}, found


CALLS = [
    ("connector.start", "connector"), ("connector.task_configs", "connector"), ("connector.stop", "connector"),
    ("connector.validate", "connector.questions"), ("start", "source"), ("poll", "source"), ("acknowledged", "source"),
    ("commit", "source"), ("stop", "source"), ("open", "sink"), ("put", "sink"), ("flush", "sink"), ("close", "sink"),
]


# A validation that fails is an answer.
@pytest.mark.parametrize("call, check, kind", [
    (call, check, kind) for call, check in CALLS for kind in ("crash", "hang", "fail")
    if (call, kind) != ("connector.validate", "fail")])
def test_faults_of_the_verifiable_connectors_are_named_by_their_call(tmp_path, call, check, kind):
    config = tmp_path / "connector.yaml"
    side = "Sink" if check == "sink" else "Source"
    config.write_text(
        f"connector.class: {TOOLS}{side}Connector\ntopic: t\nnative.output: none\nthroughput: -1\n"
        f"native.faults: {call}:{kind}\n")
    found, _ = verdicts(
        PLUGINS / "libkafka-connect-verifiable.so", "--only", f"connector,{check}", "--config", config, "--seconds", "0.4",
        "--limit", "0.5" if kind == "hang" else "5")
    words = {"crash": "SIGABRT", "hang": "did not return", "fail": "fails, as native.faults asks"}[kind]
    assert found[check][0] == "fail" and words in found[check][1] and call.split(".")[-1] in found[check][1], found


def test_the_text_has_a_line_for_each_check_and_a_count(careless):
    code, out, _ = run(careless, fault="key-blank")
    lines = out.splitlines()
    assert code == 1 and [line[:4] for line in lines if line.startswith("FAIL")] == ["FAIL"]
    assert all(line.startswith(("ok    ", "FAIL  ", "skip  ")) for line in lines[:-1])
    assert lines[-1].startswith("8 ok, 1 failed, 0 skipped")


def test_what_cannot_be_used_ends_with_2(careless, tmp_path):
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: [1\n")
    for arguments in (
        ["--class", "No.Such"], ["--only", "nothing"], ["--seconds", "soon"], ["--config", broken], ["--what"],
        ["--config", tmp_path / "missing.yaml"],
    ):
        code, out, err = run(careless, *arguments)
        assert code == 2 and "Error: " in err and "usage" in err.lower(), (arguments, out, err)
    assert run(tmp_path / "missing.so")[0] == 2
    code, out, _ = run("x", "--help")
    assert code == 0 and "--class" in out and "--run-check" not in out
