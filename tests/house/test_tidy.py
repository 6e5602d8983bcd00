"""What the repository may hold: explained dependencies; no addresses of registries, no paths of one machine."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOP_LEVEL = {
    ".ci", ".gitattributes", ".gitignore", "ARCHITECTURE.md", "CHANGELOG.md", "LICENSE", "Makefile", "README.md", "app",
    "build.spec", "docs", "engine", "pyproject.toml", "requirements-dev.txt", "requirements.txt", "resources", "tests",
    "widgets",
}  # fmt: skip
# Written apart, so that this file does not hold what it looks for.
NOT_OURS = [
    "pypi" + ".org", "python" + "hosted.org", "registry." + "npmjs", "index" + "-url", "extra-" + "index",
    "/ro" + "ot/", "/wo" + "rk/main", "/work" + "/shared", "/ho" + "me/", "/opt/" + "wheels",
]  # fmt: skip
TEXT = {".py", ".md", ".toml", ".txt", ".json", ".spec", ".sh", ".desktop", ".xml", ".svg", ".cfg", ""}
# An option of the locking tool that keeps addresses out, and made-up folders in tests.
FINE = re.compile("--no-emit-" + "index-" + "url|/ho" + "me/(ada|ryan|person|user|someone)")


def tracked() -> list[Path]:
    """Files that git knows or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if listed.returncode != 0:  # an unpacked archive, or somebody else's checkout: everything at the known places
        found = [path for name in TOP_LEVEL for path in [ROOT / name, *(ROOT / name).rglob("*")]]
        return [path for path in found if path.is_file() and "__pycache__" not in path.parts]
    return [ROOT / part for part in listed.stdout.decode().split("\0") if part and (ROOT / part).is_file()]


def distribution(requirement: str) -> str:
    return re.split(r"[<>=!~;\[ ]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def project() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def direct() -> dict[str, set[str]]:
    data = project()
    groups = data["dependency-groups"]
    return {
        "run": {distribution(r) for r in [*data["project"]["dependencies"], *groups["setup"]]},  # type: ignore[index]
        "dev": {distribution(r) for r in groups["dev"]},  # type: ignore[index]
    }


def locked(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    pins = [re.match(r"([a-z0-9.-]+)==([^ ;\\]+)", line) for line in lines]
    return {pin[1]: pin[2] for pin in pins if pin}


def explained() -> dict[str, tuple[str, str]]:
    """Name -> (licence, reason) from the table of docs/dependencies.md."""
    rows = re.findall(
        r"^\| `?([A-Za-z0-9_.-]+)`? \| ([^|]+) \| ([^|]+) \|",
        (ROOT / "docs/dependencies.md").read_text(encoding="utf-8"),
        re.M,
    )
    return {row[0].lower(): (row[1].strip(), row[2].strip()) for row in rows if row[0] not in ("package", "---")}


def test_every_dependency_is_explained() -> None:
    wanted = direct()
    table = explained()
    assert set(table) == wanted["run"] | wanted["dev"]
    assert all(licence and len(reason) > 10 for licence, reason in table.values())


def test_every_dependency_is_locked_with_hashes() -> None:
    run, dev = locked("requirements.txt"), locked("requirements-dev.txt")
    assert direct()["run"] <= set(run)
    assert direct()["dev"] <= set(dev)
    assert all(dev[package] == version for package, version in run.items()), "the two lists disagree; run `make lock`"
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        blocks = re.split(r"^(?=[a-z])", text, flags=re.M)[1:]
        assert all("--hash=sha256:" in block for block in blocks)
        assert not re.search(r"^-|http", text, re.M) or "://" not in text


def test_the_pin_that_matters() -> None:
    assert locked("requirements.txt")["pyside6-essentials"] == "6.11.3"


def test_nothing_of_one_machine() -> None:
    found = []
    for path in tracked():
        if path.suffix not in TEXT:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            found += [f"{path.relative_to(ROOT)}:{number} {bad}" for bad in NOT_OURS if bad in FINE.sub("", line)]
    assert not found, "\n".join(found)


def test_the_top_level_is_as_the_readme_says() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in tracked()} <= TOP_LEVEL


def test_nothing_left_for_later() -> None:
    words = re.compile("TO" + "DO|FIX" + "ME|\\bX" + "XX\\b|raise NotImplemented" + "Error|for " + "now\\b")
    found = [
        f"{path.relative_to(ROOT)}:{number} {line.strip()}"
        for path in tracked()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in ("app", "engine", "widgets")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if words.search(line)
    ]
    assert not found, "\n".join(found)
