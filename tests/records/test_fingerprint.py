from __future__ import annotations

import json
import platform
from pathlib import Path

from tvmtune.records.fingerprint import machine_fingerprint, toolchain_versions


def test_the_machine_is_named_but_not_the_host(tmp_path: Path) -> None:
    fingerprint = machine_fingerprint()
    assert set(fingerprint) == {"cpu", "cores", "kernel"}
    assert platform.node() not in json.dumps(fingerprint) or not platform.node()


def test_models_of_x86_and_arm(tmp_path: Path) -> None:
    info = tmp_path / "cpuinfo"
    info.write_text("cpu family\t: 25\nmodel\t\t: 1\nmodel name\t: AMD  EPYC 7763\n")
    assert machine_fingerprint(info)["cpu"] == "AMD EPYC 7763 family 25 model 1"
    info.write_text("CPU implementer\t: 0x41\nCPU part\t: 0xd08\n")
    assert str(machine_fingerprint(info)["cpu"]).endswith("0x41 0xd08")
    info.write_text("nothing\n")
    assert machine_fingerprint(info)["cpu"] == platform.machine()
    assert machine_fingerprint(tmp_path / "none")["cpu"] == platform.machine()


def test_versions() -> None:
    versions = toolchain_versions(("numpy", "no-such-package"))
    assert versions["python"] == platform.python_version()
    assert versions["no-such-package"] == "missing"
    assert versions["numpy"][0].isdigit()
