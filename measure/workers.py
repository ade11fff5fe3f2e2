"""All the worker processes of a measuring program, with the threads that wait for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

from tvmtune.artifact import Artifact
from tvmtune.measure.building import BuilderPool
from tvmtune.measure.candidate import Built, Candidate
from tvmtune.measure.lock import MachineLock
from tvmtune.measure.options import MeasureOptions
from tvmtune.measure.running import RunnerClient
from tvmtune.outcome import Outcome

P = ParamSpec("P")
T = TypeVar("T")


class Workers:
    """Builders and a runner, shared by the harnesses of several tasks.

    The processes are started when they are needed, live as long as the threads that started them,
    and end with :meth:`close`, or with this process however it ends.

    Parameters
    ----------
    options
        Deadlines, limits, cores and timing.
    on_wait
        Called when another process that measures is waited for, with its id if it is known.
    give_up
        Asked while it is waited for, in a thread of this object: whether to wait no longer.
    """

    def __init__(
        self,
        options: MeasureOptions,
        on_wait: Callable[[int | None], None] = lambda _holder: None,
        give_up: Callable[[], bool] = lambda: False,
    ) -> None:
        self.options = options
        self._builders = BuilderPool(options)
        self._runner = RunnerClient(options)
        self._lock = MachineLock(options.lock_path, on_wait, give_up)
        self._build_threads = ThreadPoolExecutor(options.builders + options.builders_aside, "build")
        self._run_thread = ThreadPoolExecutor(1, "run")
        self._closed = False

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the processes and the threads; what is under way is lost."""
        if self._closed:
            return
        self._closed = True
        self._builders.kill()
        self._runner.kill()
        self._lock.close()
        self._builders.close()  # before their threads end, which would kill the processes
        self.submit_run(self._runner.close).result()
        for threads in (self._build_threads, self._run_thread):
            threads.shutdown(cancel_futures=True)

    def submit_build(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have a function called in a thread that may build."""
        return self._build_threads.submit(job, *args, **kwargs)

    def submit_run(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have a function called in the thread that may run; one after the other."""
        return self._run_thread.submit(job, *args, **kwargs)

    def build(self, candidate: Candidate) -> Built | Outcome:
        """Build a candidate; only in a job of :meth:`submit_build`."""
        return self._builders.build(candidate)

    def run(self, use: Callable[[RunnerClient], Outcome]) -> Outcome:
        """Use the runner while nobody else on this machine times; only in a job of `submit_run`.

        Raises
        ------
        MeasureError
            The machine-wide lock cannot be had.
        GivenUpError
            It was given up while another process had it.
        """
        failed = self._runner.start()
        if failed is not None:
            return failed
        with self._lock.hold():
            return use(self._runner)

    def forget(self) -> None:
        """Drop the kernels that stay loaded; only in a job of :meth:`submit_run`."""
        self._runner.forget()

    def probe(self, name: str, target: str, size_bytes: int = 0) -> Artifact:
        """Build a probe of the machine.

        Raises
        ------
        MeasureError
            It could not be built.
        """
        return self.submit_build(self._builders.probe, name, target, size_bytes).result()

    def rehearse(self, request: Mapping[str, Any], part: str) -> Outcome:
        """Have a template's own code called in a builder; see `BuilderPool.rehearse`."""
        return self.submit_build(self._builders.rehearse, request, part).result()

    def sample(
        self, artifact: Artifact, cores: Sequence[int], seconds: float
    ) -> list[tuple[float, ...]]:
        """Run a probe on some cores at once; seconds of each call, for each core.

        Raises
        ------
        MeasureError
            The probe did not run, or the machine-wide lock cannot be had.
        GivenUpError
            It was given up while another process had it.
        """
        return self.submit_run(self._sample, artifact, cores, seconds).result()

    def _sample(
        self, artifact: Artifact, cores: Sequence[int], seconds: float
    ) -> list[tuple[float, ...]]:
        self._runner.start()
        with self._lock.hold():
            return self._runner.sample(artifact, cores, seconds)
