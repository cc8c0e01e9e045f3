"""REST bodies against those that a running Apache 4.3.1 gave to the same requests."""
import subprocess

from conftest import TOP


def test_every_recorded_request_is_answered_as_by_apache_save_the_listed_differences(make_worker, own_broker):
    # A broker of its own: what other tests' sinks have committed would show among the offsets.
    worker = make_worker(own_broker.servers, settings={
        "key.converter": "org.apache.kafka.connect.json.JsonConverter",
        "value.converter": "org.apache.kafka.connect.json.JsonConverter",
        "key.converter.schemas.enable": "false",
        "value.converter.schemas.enable": "false",
    }).start()
    done = subprocess.run(
        [TOP / "scripts/record-rest-golden", "check", "--base", f"http://127.0.0.1:{worker.port}"], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=240)
    assert done.returncode == 0, done.stdout[-6000:]
    assert worker.terminate() == 0
