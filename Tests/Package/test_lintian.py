"""Debian's own judgement."""
from conftest import run
from workers import TOP


def test_lintian_has_no_complaint(packages):
    changes = list(packages.folder.glob("*.changes"))
    assert len(changes) == 1
    # Informational tags speak of Swift's run-time library for the most part.
    print(run("lintian", "--allow-root", "--fail-on=error,warning", "--tag-display-limit=0", changes[0]))


def test_every_override_is_explained():
    for path in (TOP / "packaging/debian").rglob("*lintian-overrides"):
        for group in path.read_text().strip().split("\n\n"):
            assert group.startswith("# "), f"{path}: {group}"
