"""From (workload, target, template, config) to an artifact, and what stands in between.

Everything here is pure: the same request gives the same bytes.  It runs in builder processes,
because LLVM's flags are global to a process.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tvmtune.analysis.features import FeatureLimits
from tvmtune.artifact import Argument, Artifact, Manifest, Role
from tvmtune.codegen.llvm import compile_assembly, compile_object, toolchain
from tvmtune.codegen.module import ModuleText, emit_module
from tvmtune.errors import LayoutError, ScheduleError, SpaceError, TemplateError
from tvmtune.ir.printer import print_function
from tvmtune.ir.stmt import Function
from tvmtune.passes import Program, lower_schedule, run_passes
from tvmtune.passes.lower_nest import argument_buffers
from tvmtune.schedule import Schedule, infer_nest
from tvmtune.schedule.nest import Nest, print_nest
from tvmtune.schedule.stage import Prepare
from tvmtune.search_spaces.config import Config
from tvmtune.search_spaces.domain import TaskDomain
from tvmtune.search_spaces.space import Space
from tvmtune.search_spaces.structures import StructureEvaluator
from tvmtune.search_spaces.template import Template
from tvmtune.search_spaces.templates import TEMPLATES
from tvmtune.symbolic import as_int
from tvmtune.target import Target, parse_target
from tvmtune.te import Placeholder
from tvmtune.workload import Workload, parse

SYMBOL = "kernel"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRequest:
    """What to build, as text: it travels to builder processes and into logs.

    ``template`` is a name of this package's templates, or a reference to one outside it
    (``FILE.py:NAME`` or ``module:NAME``); ``config`` maps knobs to values.
    """

    workload: str
    target: str
    template: str
    config: Mapping[str, Any] = field(default_factory=dict)
    keep_sources: bool = False

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "workload": self.workload,
            "target": self.target,
            "template": self.template,
            "config": dict(self.config),
            "keep_sources": self.keep_sources,
        }

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> BuildRequest:
        """The request that :meth:`to_json` wrote."""
        return BuildRequest(
            workload=str(value["workload"]),
            target=str(value["target"]),
            template=str(value["template"]),
            config=dict(value["config"]),
            keep_sources=bool(value.get("keep_sources", False)),
        )


def build(request: BuildRequest) -> Artifact:
    """Compile a config.

    Raises
    ------
    SpaceError
        If the config is not in its space, or violates a constraint.
    TvmtuneError
        If it cannot be scheduled, lowered or compiled.
    """
    started = time.perf_counter()
    compiled = _Compiled.of(request)
    lowered = time.perf_counter()
    code = compile_object(compiled.module.text, compiled.target)
    manifest = Manifest(
        symbol=SYMBOL,
        prepare_symbol=compiled.functions[1].name if len(compiled.functions) > 1 else None,
        arguments=_arguments(compiled.schedule),
        workspace_bytes=compiled.module.workspace_bytes,
        target=compiled.target.text,
        threads=compiled.target.threads,
        workload=compiled.workload.text,
        template=request.template,
        config=dict(request.config),
        nest_hash=_hash_of(compiled.schedule, compiled.nest),
        toolchain=toolchain(),
        seconds={"lowering": lowered - started, "codegen": time.perf_counter() - lowered},
    )
    return Artifact(manifest, code)


def sources(request: BuildRequest) -> dict[str, str]:
    """What a config becomes on its way: texts ``schedule``, ``loops``, ``llvm`` and ``asm``."""
    compiled = _Compiled.of(request)
    return {
        "schedule": f"{compiled.schedule}\n\n{print_nest(compiled.nest)}\n",
        "loops": "\n".join(map(print_function, compiled.functions)),
        "llvm": compiled.module.text,
        "asm": compile_assembly(compiled.module.text, compiled.target),
    }


def nest_hash(request: BuildRequest) -> str:
    """Hash of the nest that a config means today.

    A record whose hash differs was measured for another schedule and is stale.
    """
    _, _, schedule, nest = _scheduled(request)
    return _hash_of(schedule, nest)


@dataclass(frozen=True, slots=True, eq=False)
class _Compiled:
    """A request on the way to object code."""

    workload: Workload
    target: Target
    schedule: Schedule
    nest: Nest
    functions: tuple[Function, ...]
    module: ModuleText

    @staticmethod
    def of(request: BuildRequest) -> _Compiled:
        workload, target, schedule, nest = _scheduled(request)
        program = lower_schedule(schedule, SYMBOL)
        functions = tuple(map(run_passes, _functions(program)))
        module = emit_module(functions, target)
        return _Compiled(workload, target, schedule, nest, functions, module)


def _functions(program: Program) -> tuple[Function, ...]:
    return (program.kernel,) if program.prepare is None else (program.kernel, program.prepare)


def _scheduled(request: BuildRequest) -> tuple[Workload, Target, Schedule, Nest]:
    workload, target = parse(request.workload), parse_target(request.target)
    (template,) = templates_for(workload, target, request.template)
    config = Config(template.name, dict(request.config))
    space = _space_of(template, workload, target)
    space.point(config)
    violated = space.violations(config)
    schedule = _schedule_of(template, workload, target)(config)
    nest = infer_nest(schedule)
    violated += [c.message for c in nest.constraints]
    if violated:
        raise SpaceError(f"{workload.text}: config {config.text}: {'; '.join(violated)}")
    return workload, target, schedule, nest


def _hash_of(schedule: Schedule, nest: Nest) -> str:
    names = (*schedule.inputs, *schedule.stages)
    text = print_nest(nest) + "".join(f"\n{n}: {schedule.layout_of(n)}" for n in names)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _arguments(schedule: Schedule) -> tuple[Argument, ...]:
    return tuple(
        Argument(
            name,
            _role(schedule, name),
            tuple(as_int(e) for e in schedule.shape_of(name)),
            buffer.dtype,
            schedule.layout_of(name),
        )
        for name, buffer in argument_buffers(schedule).items()
    )


def _role(schedule: Schedule, name: str) -> Role:
    source = schedule.inputs.get(name)
    if source is not None:
        constant = isinstance(source.op, Placeholder) and source.op.constant
        return Role.CONSTANT if constant else Role.INPUT
    return Role.PREPARED if isinstance(schedule.stage(name).place, Prepare) else Role.OUTPUT


def templates_for(
    workload: Workload, target: Target, reference: str | None = None
) -> tuple[Template, ...]:
    """The templates that serve a workload: this package's, or the one referred to.

    Raises
    ------
    TemplateError
        If there is none, or the one referred to does not serve the workload.
    """
    if reference is None:
        found = tuple(t for t in TEMPLATES.values() if t.can_serve(workload))
        if not found:
            raise TemplateError(f"no template serves {workload.text} on {target.text}")
        return found
    template = resolve_template(reference)
    if not template.can_serve(workload):
        raise TemplateError(
            f"template {reference} serves {template.operator} workloads, and not {workload.text}"
        )
    return (template,)


def resolve_template(reference: str) -> Template:
    """The template of a name or a reference (``FILE.py:NAME`` or ``module:NAME``).

    A reference is imported, which runs its code: only ever pass one that the user gave.

    Raises
    ------
    TemplateError
        If it does not exist or is no template.
    """
    if reference in TEMPLATES:
        return TEMPLATES[reference]
    place, separator, name = reference.rpartition(":")
    if not separator or not place or not name:
        raise TemplateError(
            f"template {reference!r} is unknown: there are {', '.join(TEMPLATES)}, or give one of "
            "your own as FILE.py:NAME or module:NAME"
        )
    found = getattr(_module(place, reference), name, None)
    if not isinstance(found, Template):
        raise TemplateError(f"template {reference}: {name} is {type(found).__name__}, no Template")
    return found


def _module(place: str, reference: str) -> Any:
    try:
        if not place.endswith(".py"):
            return importlib.import_module(place)
        path = Path(place).resolve()
        key = f"_tvmtune_template_{hashlib.sha256(str(path).encode()).hexdigest()[:16]}"
        spec = importlib.util.spec_from_file_location(key, path)
        if spec is None or spec.loader is None:
            raise TemplateError(f"template {reference}: {place} is no Python file")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    except TemplateError:
        raise
    except Exception as error:
        raise TemplateError(
            f"template {reference}: importing {place} failed: {type(error).__name__}: {error}"
        ) from error
    return module


def task_domain(
    workload: Workload,
    target: Target,
    template: str | None = None,
    restrict: Mapping[str, Sequence[Any]] | None = None,
) -> TaskDomain:
    """All configs of all templates that serve a workload; what a search strategy sees.

    Parameters
    ----------
    template
        A template's name or reference, to use that one only.
    restrict
        Values that knobs may have; a template without the knob is left out.

    Raises
    ------
    SpaceError
        If no template has a restricted knob, or a value is not among a knob's.
    """
    parts: list[tuple[Any, Any]] = []
    known: list[str] = []
    for found in templates_for(workload, target, template):
        space = _space_of(found, workload, target)
        names = {knob.name for knob in space.knobs}
        known.append(f"{found.name} has {', '.join(sorted(names))}")
        if restrict and not set(restrict) <= names:
            continue
        space = space.restrict(restrict) if restrict else space
        schedule_of = _schedule_of(found, workload, target)
        if not restrict:
            _check_default(found, schedule_of, space)
        parts.append((space, StructureEvaluator(space, schedule_of, FeatureLimits.of(target))))
    if not parts:
        raise SpaceError(
            f"{workload.text}: no template has all of the knobs "
            f"{', '.join(sorted(restrict or ()))}: " + "; ".join(known)
        )
    return TaskDomain(parts)


def _space_of(template: Template, workload: Workload, target: Target) -> Space:
    space = template.space(workload, target)
    if space.template != template.name:
        raise TemplateError(
            f"template {template.name} makes a space of {space.template!r}: both must have one name"
        )
    return space


def _schedule_of(
    template: Template, workload: Workload, target: Target
) -> Callable[[Config], Schedule]:
    """The template's schedules; what goes wrong in its own code is a `TemplateError`."""
    outputs = template.outputs(workload)

    def schedule(config: Config) -> Schedule:
        try:
            made = template.schedule(outputs, target, config)
        except (ScheduleError, LayoutError, TemplateError):
            raise
        except Exception as error:
            raise TemplateError(
                f"template {template.name}: schedule() failed{_place_of(error)}: "
                f"{type(error).__name__}: {error}"
            ) from error
        if not isinstance(made, Schedule):
            raise TemplateError(
                f"template {template.name}: schedule() returned {type(made).__name__}: "
                "return the schedule that the last primitive gave"
            )
        return made

    return schedule


def _place_of(error: Exception) -> str:
    """File and line of a user's template where an error comes from."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if Path(f.filename).parent != Path(__file__).parent]
    places = [f for f in own if "tvmtune" not in Path(f.filename).parts] or own
    return f" at {Path(places[-1].filename).name}:{places[-1].lineno}" if places else ""


def _check_default(
    template: Template, schedule_of: Callable[[Config], Schedule], space: Space
) -> None:
    """Say what is wrong with a template whose default config has no legal schedule."""
    config = space.default_config
    try:
        infer_nest(schedule_of(config))
    except (ScheduleError, LayoutError) as error:
        raise TemplateError(
            f"template {template.name}: its default config has no legal schedule: {error}"
        ) from error
