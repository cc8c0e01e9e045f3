"""A worker ends in its time and with 0, whatever the libraries that it has open would do at the end of the process."""
import os
import subprocess
import time

import pytest

from conftest import TOP, Worker, eventually
from fake_broker import FakeBroker

SOURCE = """
#define _GNU_SOURCE
#include "kafka_connect.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static const kc_host *host;
static kc_context *context;
static void wait_for_ever(void) { for (;;) pause(); }
static void tell(int n) {
    char text[64];
    for (int i = 0; i <= n; i++)
        host->log(context, KC_LOG_INFO, (kc_string){(uint8_t *)text, sprintf(text, "line %d of %d", i, n), 0}, 0, 0); }
static kc_status create(const kc_class *k, const kc_host *h, kc_context *c, void **out, kc_reply *r) {
    (void)k, (void)r; host = h, context = c; *out = malloc(1); return KC_OK; }
static kc_status start(void *i, const kc_config *c, kc_reply *r) { (void)i, (void)c, (void)r; BEGIN; return KC_OK; }
static kc_status configs(void *i, int32_t n, kc_table *t, kc_reply *r) {
    (void)i, (void)n, (void)r;
    static const kc_config config;
    *t = (kc_table){&config, 1, sizeof config};
    return KC_OK; }
static kc_status poll(void *i, int32_t n, const kc_batch **b, kc_reply *r) {
    (void)i, (void)n; *b = 0; r->hint_ms = 100; POLL; return KC_WOULD_BLOCK; }
static void release(void *i, const kc_batch *b) { (void)i, (void)b; }
static kc_status stop(void *i, kc_reply *r) { (void)i, (void)r; return KC_OK; }
static const kc_connector connector = {.struct_size = sizeof(kc_connector), .create = create, .start = start,
    .task_configs = configs, .stop = stop, .destroy = free};
static const kc_source_task task = {.struct_size = sizeof(kc_source_task), .create = create, .start = start,
    .poll = poll, .release_batch = release, .stop = stop, .destroy = free};
static const kc_class classes[] = {{.kind = KC_CLASS_SOURCE, .name = "org.example.EndingSourceConnector",
    .connector = &connector, .task = &task}};
static const kc_plugin plugin = {.magic = KC_MAGIC, .abi_major = KC_ABI_MAJOR, .abi_minor = KC_ABI_MINOR,
    .struct_size = sizeof(kc_plugin), .name = "ending", .version = "1", .classes = {classes, 1, sizeof classes[0]}};
KC_EXPORT const kc_plugin *kafka_connect_entry(void);
const kc_plugin *kafka_connect_entry(void) { return &plugin; }
__attribute__((constructor)) static void load(void) { (void)wait_for_ever, (void)tell; LOAD; }
__attribute__((destructor)) static void end(void) { END; }
"""


def compile_ending(folder, begin="", poll="", end="", load=""):
    source = folder / "ending.c"
    source.write_text(SOURCE)
    subprocess.run(
        ["cc", "-O2", "-shared", "-fPIC", f"-DBEGIN={begin}", f"-DPOLL={poll}", f"-DEND={end}", f"-DLOAD={load}",
         f"-I{TOP}/Sources/ConnectABI/include", source, "-o", folder / "plugins/ending.so"], check=True)


@pytest.fixture
def fake(tmp_path):
    broker = FakeBroker(tmp_path)
    yield broker
    broker.stop()


@pytest.mark.parametrize("begin, end", [
    # In the worker alone: the child that looks into the library has no such variable.
    ("", 'if (getenv("ENDING")) for (;;) pause()'),
    ("", "abort()"),
    # A thread that never gives standard output back, which the end of a process would like to have.
    ("ftrylockfile(stdout)", ""),
], ids=["hangs", "crashes", "keeps-stdout"])
def test_what_libraries_do_at_the_end_of_the_process_holds_nobody_up(fake, tmp_path, begin, end):
    worker = Worker(tmp_path, fake.address, plugins=())
    worker.environment["ENDING"] = "1"
    compile_ending(tmp_path, begin=begin, end=end)
    worker.start(worker.connector_file("ending", connector__class="EndingSource", tasks__max="1"))
    try:
        worker.await_task("ending", "RUNNING")
        began = time.monotonic()
        assert worker.terminate() == 0
        assert time.monotonic() - began < 5
        eventually("the log is whole", lambda: "stopped" in worker.tail(5).lower(), 2)
    finally:
        if worker.process.poll() is None:
            worker.kill()


@pytest.mark.parametrize("call", ["exit(0)", "exit(3)", "quick_exit(0)"])
def test_a_library_that_calls_exit_does_not_look_like_an_orderly_stop(fake, tmp_path, call):
    worker = Worker(tmp_path, fake.address, plugins=())
    # Its children may end as they like.
    compile_ending(tmp_path, poll=f"if (fork() == 0) exit(0); {call}")
    worker.start(worker.connector_file("ending", connector__class="EndingSource", tasks__max="1"), wait=False)
    try:
        assert worker.process.wait(20) == 70
        assert worker.tail(20).count("a library ended the process by exit()") == 1
    finally:
        if worker.process.poll() is None:
            worker.kill()


@pytest.mark.parametrize("call", ["exit(0)", "quick_exit(0)"])
def test_what_libraries_register_for_the_end_does_not_keep_an_exit_from_being_noticed(fake, tmp_path, call):
    worker = Worker(tmp_path, fake.address, plugins=())
    worker.environment["ENDING"] = "1"
    compile_ending(
        tmp_path, poll=call, load='if (getenv("ENDING")) atexit(wait_for_ever), at_quick_exit(wait_for_ever)')
    worker.start(worker.connector_file("ending", connector__class="EndingSource", tasks__max="1"), wait=False)
    try:
        assert worker.process.wait(20) == 70
    finally:
        if worker.process.poll() is None:
            worker.kill()


def test_what_was_logged_before_an_exit_is_in_the_log(fake, tmp_path):
    worker = Worker(tmp_path, fake.address, plugins=())
    compile_ending(tmp_path, poll="tell(200); exit(0)")
    worker.start(worker.connector_file("ending", connector__class="EndingSource", tasks__max="1"), wait=False)
    try:
        assert worker.process.wait(20) == 70
        assert "line 200 of 200" in worker.tail(3)
    finally:
        if worker.process.poll() is None:
            worker.kill()


def test_a_log_that_nobody_reads_holds_up_no_exit(fake, tmp_path):
    worker = Worker(tmp_path, fake.address, plugins=())
    # More than a pipe takes, which is there and not read.
    compile_ending(tmp_path, poll="tell(5000); exit(0)")
    os.mkfifo(tmp_path / "pipe")
    end = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    worker.prefix = ["sh", "-c", f'exec "$0" "$@" 2>{tmp_path}/pipe']
    worker.start(worker.connector_file("ending", connector__class="EndingSource", tasks__max="1"), wait=False)
    try:
        assert worker.process.wait(20) == 70
    finally:
        if worker.process.poll() is None:
            worker.kill()
        os.close(end)
