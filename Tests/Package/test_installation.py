"""The packages installed into a minimal Debian, used, and taken off again."""
import re

from workers import TOP, free_port

# Paths with kind, mode and owner, and digests of files in /etc; without what any package leaves behind, and what apt and dpkg
# keep for themselves.
LIST = r"""
list() {
    find / -xdev \( -path /var/lib/apt -o -path /var/lib/dpkg -o -path /var/cache -o -path /var/log -o -path /tmp \
        -o -path /packages \) -prune -o -printf '%y %m %U:%G %p %l\n' | sort >"/tmp/$1"
    find /etc -type f ! -name 'passwd*' ! -name 'group*' ! -name 'shadow*' ! -name 'gshadow*' ! -name .pwd.lock \
        -exec sha256sum {} + | sort >>"/tmp/$1"
}
changes() { diff "/tmp/$1" "/tmp/$2" | grep '^[<>]' || true; }
"""
DEPENDENCIES = """
apt-get update -qq
apt-get satisfy -qq -y --no-install-recommends "$(dpkg-deb -f /packages/kafka-connect_*.deb Depends)" >/dev/null 2>&1
"""


def test_installed_used_and_purged_it_leaves_nothing(clean_root):
    output = clean_root(LIST + DEPENDENCIES + r"""
list before
apt-get install -qq -y /packages/kafka-connect_*.deb
echo "@ version"; kafka-connect version
echo "@ plugins"; kafka-connect plugins
echo "@ validate"; kafka-connect validate /etc/kafka-connect/worker.yaml
echo "@ user"; getent passwd kafka-connect
echo "@ folders"; stat -c '%A %U:%G %n' /usr/local/lib/kafka-connect/plugins /var/lib/kafka-connect /etc/kafka-connect/worker.yaml
# What a worker and an administrator leave.
echo state >/var/lib/kafka-connect/connect.offsets
echo 'name: mine' >/etc/kafka-connect/connectors.d/mine.yaml
echo '# mine' >>/etc/kafka-connect/worker.yaml
echo "@ log"; apt-get remove -qq -y kafka-connect
echo "@ removed"; ls -d /etc/kafka-connect/connectors.d/mine.yaml /var/lib/kafka-connect/connect.offsets
tail -1 /etc/kafka-connect/worker.yaml; ls -d /usr/local/lib/kafka-connect 2>&1 || true
echo "@ log"; apt-get purge -qq -y kafka-connect
list after
echo "@ left"; changes before after
echo "@ stays"; getent passwd kafka-connect | cut -d: -f 1,6; getent group kafka-connect | cut -d: -f 1
echo "@ end"
""")
    parts = dict(re.findall(r"^@ (\w+)\n(.*?)(?=^@ )", output, re.M | re.S))
    assert re.match(r"kafka-connect \S+ \(Kafka Connect ", parts["version"])
    searched, *found = parts["plugins"].splitlines()
    assert searched == "Folders searched: /usr/lib/kafka-connect/plugins, /usr/local/lib/kafka-connect/plugins"
    assert {line.split()[1].rsplit(".", 1)[1] for line in found} == {
        "FileStreamSourceConnector", "FileStreamSinkConnector"}
    assert parts["validate"].strip() == "1 file(s): 0 error(s), 0 warning(s)"
    assert parts["user"].strip().endswith(":Kafka Connect worker:/var/lib/kafka-connect:/usr/sbin/nologin")
    assert parts["folders"].splitlines() == [
        "drwxr-xr-x root:root /usr/local/lib/kafka-connect/plugins",
        "drwx------ kafka-connect:kafka-connect /var/lib/kafka-connect",
        "-rw-r--r-- root:root /etc/kafka-connect/worker.yaml"]
    assert parts["removed"].splitlines() == [
        "/etc/kafka-connect/connectors.d/mine.yaml", "/var/lib/kafka-connect/connect.offsets", "# mine",
        "ls: cannot access '/usr/local/lib/kafka-connect': No such file or directory"]
    assert parts["left"] == ""
    # As README says, because files elsewhere may be its own.
    assert parts["stays"].split() == ["kafka-connect:/var/lib/kafka-connect", "kafka-connect"]


def test_connectors_that_the_administrator_added_outlive_the_package(clean_root):
    output = clean_root(DEPENDENCIES + r"""
apt-get install -qq -y /packages/kafka-connect_*.deb >/dev/null 2>&1
touch /usr/local/lib/kafka-connect/plugins/mine.so
apt-get purge -qq -y kafka-connect >/dev/null 2>&1
echo "@ $(find /usr/local/lib/kafka-connect -type f)"
""")
    assert "@ /usr/local/lib/kafka-connect/plugins/mine.so" in output.splitlines()


def test_folders_that_are_file_systems_of_their_own_are_emptied_by_a_purge(clean_root):
    output = clean_root(DEPENDENCIES + r"""
for folder in /var/lib/kafka-connect /etc/kafka-connect; do mkdir $folder; mount -t tmpfs tmpfs $folder; done
apt-get install -qq -y /packages/kafka-connect_*.deb >/dev/null 2>&1
echo state >/var/lib/kafka-connect/connect.offsets
echo 'name: mine' >/etc/kafka-connect/connectors.d/mine.yaml
echo "@ log"; apt-get purge -qq -y kafka-connect 2>&1
echo "@ status"; dpkg-query --show --showformat='${db:Status-Status}\n' kafka-connect 2>&1 || true
echo "@ left"; find /var/lib/kafka-connect /etc/kafka-connect
umount /var/lib/kafka-connect /etc/kafka-connect
echo "@ end"
""")
    parts = dict(re.findall(r"^@ (\w+)\n(.*?)(?=^@ )", output, re.M | re.S))
    for folder in ("/var/lib/kafka-connect", "/etc/kafka-connect"):
        assert f"rm: cannot remove '{folder}': Device or resource busy" in parts["log"]
    assert "yours to remove" in parts["log"]
    assert parts["status"].strip() in ("not-installed", "dpkg-query: no packages found matching kafka-connect")
    assert parts["left"].split() == ["/var/lib/kafka-connect", "/etc/kafka-connect"]


def test_where_staff_may_write_usr_local_the_plugin_folder_is_roots_and_the_remedy_is_told(clean_root):
    output = clean_root(DEPENDENCIES + r"""
touch /etc/staff-group-for-usr-local
chgrp staff /usr/local /usr/local/lib
chmod 2775 /usr/local /usr/local/lib
apt-get install -qq -y /packages/kafka-connect_*.deb >log 2>&1
plugins=/usr/local/lib/kafka-connect/plugins
echo "@ folders"; stat -c '%a %U:%G' ${plugins%/plugins} $plugins
cp /usr/lib/kafka-connect/plugins/kafka-connect-file.so $plugins/mine.so
echo "@ refused"; kafka-connect plugins --plugin-path $plugins || true
echo "@ remedy"; sed -n 's/.*(\(chmod .*\)).*/\1/p' log | tee remedy
sh -e remedy
echo "@ accepted"; kafka-connect plugins --plugin-path $plugins
echo "@ again"; dpkg-reconfigure kafka-connect 2>&1
echo "@ end"
""")
    parts = dict(re.findall(r"^@ (\w+)\n(.*?)(?=^@ )", output, re.M | re.S))
    assert parts["folders"].splitlines() == ["755 root:root"] * 2
    assert "may be written by others" in parts["refused"] and "FileStreamSourceConnector" not in parts["refused"]
    assert parts["remedy"].strip() == "chmod go-w /usr/local /usr/local/lib"
    assert "broken" not in parts["accepted"] and "FileStreamSourceConnector" in parts["accepted"]
    # Where nothing is to be told, nothing is.
    assert "others than root" not in parts["again"]


def test_it_is_installed_from_the_repository_and_runs_the_quick_start(clean_root, repository, broker, topic):
    output = clean_root(rf"""
apt-get update -qq
cp /repository/key.gpg /usr/share/keyrings/kafka-connect.gpg
echo 'deb [signed-by=/usr/share/keyrings/kafka-connect.gpg] file:/repository ./' >/etc/apt/sources.list.d/kafka-connect.list
apt-get update -qq
apt-get install -qq -y --no-install-recommends kafka-connect >/dev/null 2>&1
cp -r /usr/share/doc/kafka-connect/examples/quickstart /root/demo
cd /root/demo
sed -i 's/localhost:9092/{broker.servers}/; s/:8083/:{free_port()}/' worker.yaml
sed -i 's/connect-test/{topic}/' connect-file-*.yaml
printf 'hello-1\nhello-2\nhello-3\n' >test.txt
kafka-connect standalone worker.yaml connect-file-source.yaml connect-file-sink.yaml >log 2>&1 &
worker=$!
turns=0
until [ "$(cat test.sink.txt 2>/dev/null | wc -l)" = 3 ]; do
    turns=$((turns + 1))
    [ $turns -lt 300 ] || {{ cat log; exit 1; }}
    sleep 0.1
done
kill $worker
wait $worker
echo "@ ended with $?"
sed 's/^/@ /' test.sink.txt
""", (repository, "/repository"))
    assert [line for line in output.splitlines() if line.startswith("@")] == [
        "@ ended with 0", "@ hello-1", "@ hello-2", "@ hello-3"]


def test_the_packages_own_tests_pass_in_what_was_installed(clean_root):
    """The tests for autopkgtest that need no systemd; test_service there does, and is skipped here."""
    output = clean_root(DEPENDENCIES + r"""
apt-get install -qq -y --no-install-recommends gcc libc6-dev make pkg-config \
    /packages/kafka-connect_*.deb /packages/kafka-connect-dev_*.deb >/dev/null 2>&1
for name in commands connector service; do
    AUTOPKGTEST_TMP=$(mktemp -d)
    export AUTOPKGTEST_TMP
    status=0
    /tests/$name || status=$?
    echo "@ $name $status"
done
""", (TOP / "packaging/debian/tests", "/tests"))
    assert [line for line in output.splitlines() if line.startswith("@")] == ["@ commands 0", "@ connector 0", "@ service 77"]
