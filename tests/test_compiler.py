from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tvmtune.artifact import Artifact, Role
from tvmtune.compiler.building import build, sources
from tvmtune.compiler.code_hash import code_hash
from tvmtune.compiler.domains import task_domain
from tvmtune.compiler.rehearsal import Part, rehearse
from tvmtune.compiler.request import BuildRequest
from tvmtune.compiler.scheduling import nest_hash
from tvmtune.compiler.templates import templates_for
from tvmtune.errors import LoweringError, SpaceError, TemplateError, WorkloadError
from tvmtune.operators import reference
from tvmtune.outcome import Outcome, Status
from tvmtune.runtime.kernel import Kernel
from tvmtune.search_spaces.references import resolve_template
from tvmtune.search_spaces.templates import TEMPLATES
from tvmtune.target import parse_target
from tvmtune.workload import parse

MATMUL, CONV = "matmul:m=7,k=5,n=20", "conv2d:ci=3,h=6,co=5,k=3"
TARGET = parse_target("cpu")


def request(workload: str, template: str, **changes: Any) -> BuildRequest:
    space = TEMPLATES[template].space(parse(workload), TARGET)
    config = {**space.default_config.knobs, **changes}
    return BuildRequest(workload=workload, target=TARGET.text, template=template, config=config)


def test_requests_are_json() -> None:
    made = request(CONV, "conv2d.direct")
    assert BuildRequest.from_json(json.loads(json.dumps(made.to_json()))) == made
    bare = {"workload": "w", "target": "t", "template": "x", "config": {}}
    assert BuildRequest.from_json(bare).keep_sources is False


@pytest.mark.parametrize(
    ("workload", "template"), [(MATMUL, "matmul.packed"), (CONV, "conv2d.direct")]
)
def test_an_artifact_computes_the_workload(workload: str, template: str) -> None:
    made = request(workload, template)
    artifact = Artifact.from_bytes(build(made).to_bytes())
    manifest = artifact.manifest
    assert (manifest.workload, manifest.target, manifest.template) == (
        parse(workload).text,
        TARGET.text,
        template,
    )
    assert manifest.config == made.config
    assert manifest.nest_hash == nest_hash(made)
    assert 0.7 < manifest.flops / parse(workload).flops < 2  # no products with padding; 8 lanes
    assert manifest.toolchain.startswith("llvmlite")
    assert set(manifest.seconds) == {"lowering", "codegen"}
    assert [(a.name, a.role) for a in manifest.arguments] == [
        ("x", Role.INPUT),
        ("w", Role.CONSTANT),
        ("out", Role.OUTPUT),
    ]
    rng = np.random.default_rng(0)
    arrays = {
        n: rng.standard_normal(s, dtype="float32") for n, s in parse(workload).operands.items()
    }
    result = Kernel(artifact).bind(w=arrays["w"])(arrays["x"])
    np.testing.assert_allclose(result, reference(parse(workload), arrays), 1e-5, 1e-5)


def test_the_same_request_gives_the_same_code() -> None:
    made = request(CONV, "conv2d.direct")
    assert build(made).digest == build(made).digest


def test_sources() -> None:
    texts = sources(request(MATMUL, "matmul.packed"))
    assert set(texts) == {"schedule", "loops", "llvm", "asm"}
    assert texts["schedule"].startswith("cache_write('out', 'register', 'acc')")
    assert "for out." in texts["schedule"]
    assert texts["loops"].startswith("def kernel(x: float32[35]")
    assert "define void @kernel(" in texts["llvm"]
    assert "kernel:" in texts["asm"]


def test_hashes_tell_nests_apart() -> None:
    first, same = request(CONV, "conv2d.direct"), request(CONV, "conv2d.direct")
    assert nest_hash(first) == nest_hash(same)
    others = [
        request(CONV, "conv2d.direct", tile_ox=1),
        request(CONV, "conv2d.direct", pad="root"),
        request(CONV, "conv2d.direct", ci_block=1, ci_steps=1),
    ]
    assert len({nest_hash(r) for r in [first, *others]}) == 4


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tile_m": 1000}, "tile_m"),
        ({"colour": "red"}, "colour"),
        ({"tile_m": 7, "tile_v": 2, "steps": 4, "block_m": 7, "tail_m": "guard"}, "tail_m"),
    ],
)
def test_configs_outside_the_space(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SpaceError, match=message):
        build(request(MATMUL, "matmul.packed", **changes))


def test_a_violated_constraint_is_named() -> None:
    wide = request("matmul:m=64,k=5,n=256", "matmul.packed", tile_m=30, tile_v=8)
    with pytest.raises(SpaceError, match=r"matmul:m=64.*config .*the tile fits \d+ registers"):
        build(wide)


def test_what_cannot_be_parsed() -> None:
    with pytest.raises(WorkloadError):
        build(BuildRequest(workload="matmul:m=0", target="cpu", template="matmul.packed"))


def test_templates_of_a_workload() -> None:
    grouped = {8: "conv2d.direct", 4: "conv2d.depthwise"}
    for co, name in grouped.items():
        workload = parse(f"conv2d:ci=4,h=6,co={co},k=3,groups=4")
        assert [t.name for t in templates_for(workload, TARGET)] == [name]
    assert [t.name for t in templates_for(parse(MATMUL), TARGET)] == ["matmul.packed"]
    (one,) = templates_for(parse(CONV), TARGET, "conv2d.direct")
    assert one is TEMPLATES["conv2d.direct"]
    with pytest.raises(
        TemplateError, match=r"depthwise does not serve .*; these do: conv2d\.direct"
    ):
        templates_for(parse(CONV), TARGET, "conv2d.depthwise")


OWN = """
from dataclasses import replace
from tvmtune.search_spaces.templates import TEMPLATES
number = 3
OTHER_NAME = replace(TEMPLATES["matmul.packed"], name="mine")
MINE = replace(OTHER_NAME, space=lambda w, t: replace(OTHER_NAME.space(w, t), template="mine"))
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own_template.py"
    path.write_text(OWN)
    return path


def test_a_template_of_the_users_own(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = request(MATMUL, "matmul.packed")
    mine = BuildRequest(
        workload=MATMUL, target=TARGET.text, template=f"{own}:MINE", config=made.config
    )
    artifact = build(mine)
    assert artifact.manifest.template == f"{own}:MINE"
    assert artifact.digest == build(made).digest
    monkeypatch.syspath_prepend(own.parent)
    assert resolve_template("own_template:MINE").name == "mine"


BEYOND = """
from tvmtune import te
from tvmtune.schedule import create_schedule
from tvmtune.search_spaces.knobs import choice
from tvmtune.search_spaces.space import Space
from tvmtune.search_spaces.template import Template
def define(workload):
    x = te.placeholder((workload.m, workload.k), "x")
    return te.compute((workload.m, workload.n), lambda m, n: x[m, n + 1], "out")
def space(workload, target):
    return Space("beyond", (choice("none", [0]),))
def schedule(outputs, target, config):
    return create_schedule(outputs[0])
BEYOND = Template(
    name="beyond", version=1, operator="matmul", space=space, schedule=schedule, define=define
)
"""


def test_reading_beyond_an_operand_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "beyond.py"
    path.write_text(BEYOND)
    wrong = BuildRequest(
        workload="matmul:m=4,k=4,n=4",
        target=TARGET.text,
        template=f"{path}:BEYOND",
        config={"none": 0},
    )
    with pytest.raises(LoweringError, match=r"load of x reaches elements 1 to 16, outside its 16"):
        build(wrong)


def test_a_space_bears_the_name_of_its_template(own: Path) -> None:
    with pytest.raises(TemplateError, match=r"template mine makes a space of 'matmul\.packed'"):
        task_domain(parse(MATMUL), TARGET, f"{own}:OTHER_NAME")


@pytest.mark.parametrize(
    ("reference_text", "message"),
    [
        ("nonsense", "template 'nonsense' is unknown: there are .*matmul.packed"),
        (":MINE", "is unknown: there are"),
        ("file.py:", "is unknown: there are"),
        ("{own}:number", "number is int, no Template"),
        ("{own}:missing", "missing is NoneType, no Template"),
        ("{own}x.py:MINE", "importing .* failed: FileNotFoundError"),
        ("no_such_module:MINE", "importing no_such_module failed: ModuleNotFoundError"),
        ("{broken}:MINE", "importing .*broken.py failed: ZeroDivisionError: division by zero"),
    ],
)
def test_references_that_lead_nowhere(own: Path, reference_text: str, message: str) -> None:
    broken = own.with_name("broken.py")
    broken.write_text("1 / 0\n")
    with pytest.raises(TemplateError, match=message):
        resolve_template(reference_text.format(own=own, broken=broken))


def test_domains() -> None:
    workload = parse("conv2d:ci=4,h=6,co=4,k=3")
    whole = task_domain(workload, TARGET)
    points = whole.sample(np.random.default_rng(0), 200)
    assert len(set(points[:, 0])) == len(templates_for(workload, TARGET)) > 1
    one = task_domain(workload, TARGET, "conv2d.direct")
    assert one.size < whole.size
    some = task_domain(workload, TARGET, restrict={"tile_ov": [1], "pad": ["inline"]})
    assert some.size < one.size
    with pytest.raises(SpaceError, match="no template has all of the knobs colour"):
        task_domain(workload, TARGET, restrict={"colour": ["red"]})
    with pytest.raises(SpaceError, match="pad"):
        task_domain(workload, TARGET, restrict={"pad": ["sideways"]})


FAILING = """
from dataclasses import replace
from tvmtune.search_spaces.templates import TEMPLATES
PACKED = TEMPLATES["matmul.packed"]
def schedule(outputs, target, config):
    symbolic = not isinstance(config["tile_m"], int)
    if config["tail_m"] == ("peel" if symbolic else "even"):
        raise ValueError("no such tail")
    return PACKED.schedule(outputs, target, config)
MINE = replace(
    PACKED,
    name="mine",
    space=lambda w, t: replace(PACKED.space(w, t), template="mine"),
    schedule=schedule,
)
"""


def test_rehearsals_call_what_a_tuner_calls(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(FAILING)

    def ask(part: Part, tail: str) -> None:
        config = dict(request(MATMUL, "matmul.packed").config) | {"tail_m": tail}
        template = f"{tmp_path / 'mine.py'}:MINE"
        asked = BuildRequest(workload=MATMUL, target=TARGET.text, template=template, config=config)
        rehearse(asked, part)

    ask(Part.SPACE, "no such tail")
    ask(Part.STRUCTURE, "even")
    for part, tail in ((Part.CONFIG, "even"), (Part.STRUCTURE, "peel"), (Part.CONFIG, "peel")):
        with pytest.raises(TemplateError, match=r"mine.py:\d+: ValueError: no such tail"):
            ask(part, tail)


def test_only_strange_templates_are_rehearsed(own: Path) -> None:
    heard: list[Part] = []

    def note(_request: BuildRequest, part: Part) -> Outcome:
        heard.append(part)
        return Outcome(status=Status.OK)

    for template in (None, "matmul.packed"):
        task_domain(parse(MATMUL), TARGET, template, rehearse=note)
    assert heard == []
    task_domain(parse(MATMUL), TARGET, f"{own}:MINE", rehearse=note)
    assert heard == [Part.SPACE, Part.CONFIG, Part.STRUCTURE]


def test_the_code_hash_is_that_of_sources(tmp_path: Path) -> None:
    package = tmp_path / "tvmtune"
    for name in ("layout.py", "target.py", "te/sums.py", "schedule/loops.py"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(name)
    for name in ("compiler", "ir", "operators", "search_spaces", "symbolic", "workload"):
        (package / name).mkdir()
    first = code_hash(package)
    assert len(first) == 16
    (package / "te" / "__pycache__").mkdir()
    (package / "te" / "__pycache__" / "sums.pyc").write_text("x")
    assert code_hash(package) == first
    (package / "te" / "sums.py").write_text("other")
    assert code_hash(package) != first
    (package / "layout.py").unlink()
    assert code_hash(package) == ""
    assert len(code_hash()) == 16
