"""Manual pages and completions: complete, and fit to be shown."""
import gzip
import os
import pathlib
import re
import subprocess

import pytest

from conftest import run
from workers import TOP


PROGRAMS = ["kafka-connect", "kafka-connect-conformance", "kafka-connect-fakebroker"]


@pytest.fixture(scope="session")
def commands(installed):
    """What `--help` names of each program: options by subcommand; the program's own under the empty name."""

    def sections(program, *words):
        text, found, title = run(installed / "usr/bin" / program, *words, "--help"), {}, ""
        for line in text.splitlines():
            if re.fullmatch(r"[A-Z ]+:", line):
                title = line[:-1]
            elif re.match(r"  \S", line):
                found.setdefault(title, []).append(re.split("  +", line.strip())[0])
        return found

    def options(program, *words):
        return re.findall(r"(?<![\w-])--?[a-z][a-z-]*", " ".join(sections(program, *words)["OPTIONS"]))

    found = {
        program: {name: options(program, *name.split()) for name in ["", *(
            line.split()[0] for line in sections(program).get("SUBCOMMANDS", []))]}
        for program in PROGRAMS}
    assert len(found["kafka-connect"]) > 4 and all(len(found[program]) == 1 and len(found[program][""]) > 6 for program in PROGRAMS[1:])
    return found


def page(installed, name):
    return gzip.decompress((installed / "usr/share/man" / f"man{name[-1]}" / f"{name}.gz").read_bytes()).decode()


def shown(installed, name, tmp_path):
    source = tmp_path / name
    source.write_text(page(installed, name))
    text = subprocess.run(["mandoc", "-T", "utf8", source], text=True, stdout=subprocess.PIPE, check=True).stdout
    return re.sub(r".\x08", "", text)


def test_the_manual_names_every_subcommand_and_option(installed, commands, tmp_path):
    for program, each in commands.items():
        main = shown(installed, f"{program}.1", tmp_path)
        for name, options in each.items():
            text = main if not name else shown(installed, f"{program}-{name}.1", tmp_path)
            for option in options:
                assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text), f"{program} {name}: {option}"
            assert not name or re.search(rf"^ +{name}\b", main, re.M) and f"{program}-{name}(1)" in main


def test_the_manual_of_the_file_has_every_key(installed, tmp_path):
    keys = re.findall(r"^### `(.*)`", (TOP / "docs/configuration.md").read_text(), re.M)
    assert len(keys) > 150
    # What begins a line, alone or before the first words about it.
    heads = {line.strip().split("  ")[0] for line in shown(installed, "kafka-connect.yaml.5", tmp_path).splitlines()}
    assert [key for key in keys if key not in heads] == []


def test_the_manual_names_every_provider_and_every_variable_that_is_read(installed, tmp_path):
    row = re.search(r"^\| `config\.providers\.NAME\.class`.*$", (TOP / "docs/configuration.md").read_text(), re.M)[0]
    providers = set(re.findall(r"\w+ConfigProvider", row))
    text = shown(installed, "kafka-connect.yaml.5", tmp_path)
    assert len(providers) == 4
    # Outside of the keys, which come from the same table.
    assert providers <= set(re.findall(r"\w+ConfigProvider", re.sub(r"(?ms)^KEYS$.*?^FILES$", "", text)))
    main = shown(installed, "kafka-connect.1", tmp_path)
    variables = {
        name for folder in ("ConnectConfig", "Logging", "Systemd", "kafka-connect") for path in (TOP / "Sources" / folder).rglob("*.swift")
        for name in re.findall(r'"([A-Z]+_[A-Z_]+)"', path.read_text()) if name.endswith(("_STREAM", "_DIRECTORY", "_SOCKET", "_FDS"))}
    assert {"CREDENTIALS_DIRECTORY", "JOURNAL_STREAM"} <= variables
    assert [name for name in variables if name not in main] == []


def test_examples_of_the_pages_use_nothing_that_this_version_lacks():
    assert "Transforms, TLS and SASL" in (TOP / "README.md").read_text()
    for page in [TOP / "README.md", *(TOP / "docs").glob("*.md"), *(TOP / "packaging").rglob("*.conf")]:
        examples = re.findall(r"(?ms)^```\w*\n(.*?)^```$", page.read_text()) if page.suffix == ".md" else [page.read_text()]
        assert not re.findall(r"(?m)^ *(?:sasl|ssl|transforms)\..*", "\n".join(examples)), page.name


def test_pages_are_sound_and_found_by_name(installed, tmp_path):
    pages = sorted((installed / "usr/share/man").rglob("*.gz"))
    assert len(pages) >= 9
    for path in pages:
        source = tmp_path / path.name[:-3]
        source.write_text(page(installed, path.name[:-3]))
        run("mandoc", "-T", "lint", "-W", "warning", source)
        warnings = run("man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", source, env={**os.environ, "MANROFFSEQ": ""})
        assert not re.search(r"warning|error", warnings.split("x T utf8")[0]), warnings[:400]
        found = run("lexgrog", source)
        assert f'"{path.name.rsplit(".", 2)[0]} - ' in found, found


def completions_of_bash(installed, *words):
    script = """
        source "$1"; shift
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
        function=$(complete -p "$1" | sed 's/.*-F \\([^ ]*\\).*/\\1/')
        "$function" "$1"
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    path = installed / "usr/share/bash-completion/completions" / words[0]
    return run("bash", "-c", script, "bash", path, *words, cwd=installed / "etc/kafka-connect").split()


def test_bash_completes_every_subcommand_and_option(installed, commands):
    names = set(commands["kafka-connect"]) - {""}
    assert set(completions_of_bash(installed, "kafka-connect", "")) == names | {"help"}
    assert set(completions_of_bash(installed, "kafka-connect", "help", "")) == names
    assert completions_of_bash(installed, "kafka-connect", "sta") == ["standalone"]
    for program, each in commands.items():
        for name, options in each.items():
            assert set(completions_of_bash(installed, program, *name.split(), "-")) == set(options), f"{program} {name}"


def test_bash_completes_files_where_they_are_wanted(installed):
    assert completions_of_bash(installed, "kafka-connect", "standalone", "w") == ["worker.yaml"]
    assert completions_of_bash(installed, "connect-standalone", "w") == ["worker.yaml"]
    assert completions_of_bash(installed, "kafka-connect", "plugins", "--plugin-path", "") == ["connectors.d"]
    assert completions_of_bash(installed, "kafka-connect", "plugins", "--plugin-path", "=", "con") == ["connectors.d"]
    assert completions_of_bash(installed, "kafka-connect", "version", "") == []
    assert completions_of_bash(installed, "kafka-connect-conformance", "w") == ["worker.yaml"]
    assert completions_of_bash(installed, "kafka-connect-conformance", "--config", "w") == ["worker.yaml"]
    assert completions_of_bash(installed, "kafka-connect-fakebroker", "--port", "") == []


def completions_of_zsh(installed, line):
    folder = installed / "usr/share/zsh/vendor-completions"
    return run("zsh", "-f", pathlib.Path(__file__).with_name("offered.zsh"), folder, installed / "etc/kafka-connect", line).split()


def test_zsh_completes_every_subcommand_and_option(installed, commands):
    names = set(commands["kafka-connect"]) - {""}
    assert set(completions_of_zsh(installed, "kafka-connect ")) == names | {"help"}
    assert set(completions_of_zsh(installed, "kafka-connect help ")) == names
    for program, each in commands.items():
        for name, options in each.items():
            wanted = {option for option in options if option.startswith("--")}
            assert set(completions_of_zsh(installed, f"{program} {name} --".replace("  ", " "))) == wanted, f"{program} {name}"


def test_zsh_completes_files_where_they_are_wanted(installed):
    assert completions_of_zsh(installed, "kafka-connect standalone w") == ["worker.yaml"]
    assert completions_of_zsh(installed, "connect-standalone w") == ["worker.yaml"]
    assert completions_of_zsh(installed, "kafka-connect plugins --plugin-path ") == ["connectors.d"]
    assert completions_of_zsh(installed, "kafka-connect-conformance w") == ["worker.yaml"]


def links(page):
    """What a page points to beside it."""
    targets = [target.split("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text())]
    return [target for target in targets if target and not re.match(r"[a-z]+:", target)]


def test_pages_that_are_installed_point_to_pages_that_are(installed):
    folder = installed / "usr/share/doc/kafka-connect"
    pages = sorted(folder.rglob("*.md"))
    assert {"README.md", "CONTRIBUTING.md", "docs/operations.md"} <= {str(page.relative_to(folder)) for page in pages}
    assert len(links(folder / "README.md")) > 5
    assert [(page.name, link) for page in pages for link in links(page) if not (page.parent / link).exists()] == []


def test_files_that_the_pages_have_somebody_copy_are_installed(installed):
    copied = {
        path: page.name for page in [TOP / "README.md", TOP / "docs/operations.md"]
        for path in re.findall(r"(?m)^(?:sudo )?(?:cp|install)(?! -d)(?: -\w+(?: \d+)?)* (\S+)", page.read_text())}
    assert len(copied) > 3
    assert [(path, page) for path, page in copied.items() if not path.startswith("/srv/") and not (
        path.startswith("/") and (installed / path.lstrip("/")).exists())] == []


def test_no_folder_of_apt_is_one_that_a_connector_may_write(installed):
    folder = installed / "usr/share/doc/kafka-connect"
    named = set(re.findall(r"/srv/[\w-]+", (folder / "README.md").read_text()))
    writable = {
        path for example in (folder / "examples/systemd").glob("*.conf")
        for line in re.findall(r"(?m)^ReadWritePaths=(.*)$", example.read_text()) for path in line.split()}
    assert named and writable and not named & writable
