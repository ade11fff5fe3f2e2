"""The exceptions of tvmtune, on one page.

::

    TvmtuneError
    ├── UsageError            a request that cannot be met as it stands: options that contradict
    ├── WorkloadError         a workload text or shape that does not exist
    ├── TargetError           a target text that does not exist or is not this machine's
    ├── LayoutError           a storage map that does not fit its tensor
    ├── SymbolError           a knob symbol used as a number
    ├── ExpressionError       a tensor expression that is not well formed
    ├── ScheduleError         a primitive that is not legal on its schedule
    ├── LoweringError         loop IR that is not well formed or cannot be lowered further
    ├── CodegenError          code that a back end cannot express, or that LLVM refuses
    ├── SpaceError            a knob, config or index that is not in its space
    ├── TemplateError         a template that does not exist or cannot serve a workload
    ├── CostModelError        a cost model that cannot be fitted, saved or loaded
    ├── SearchError           a strategy asked for what it cannot do
    ├── ConformanceError      a strategy that breaks its contract; also an AssertionError
    ├── RecordError           a tuning log that cannot be read or written
    ├── MeasureError          the measuring machinery failed, not the candidate
    │   └── GivenUpError      nothing was measured: it was not to be waited for any longer
    ├── GraphError            a model file that cannot be read
    └── KernelError           a kernel called with arguments it was not built for
        └── NoKernelError     a workload that a folder of kernels does not have; also a KeyError
"""


class TvmtuneError(Exception):
    """Base of every error that tvmtune raises on purpose.

    Parameters
    ----------
    message
        One line: what was asked, what was found, where, and what would work.
    detail
        More text for who wants it (IR, a compiler's output); the message is understood without.
    """

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail


class UsageError(TvmtuneError):
    """A request that cannot be met as it stands."""


class WorkloadError(TvmtuneError):
    """A workload text or shape that does not exist."""


class TargetError(TvmtuneError):
    """A target text that does not exist or is not this machine's."""


class LayoutError(TvmtuneError):
    """A storage map that does not fit its tensor."""


class SymbolError(TvmtuneError):
    """A knob symbol used as a number."""


class ExpressionError(TvmtuneError):
    """A tensor expression that is not well formed."""


class ScheduleError(TvmtuneError):
    """A primitive that is not legal on its schedule."""


class LoweringError(TvmtuneError):
    """Loop IR that is not well formed or cannot be lowered further."""


class CodegenError(TvmtuneError):
    """Code that a back end cannot express, or that LLVM refuses."""


class SpaceError(TvmtuneError):
    """A knob, config or index that is not in its space."""


class TemplateError(TvmtuneError):
    """A template that does not exist or cannot serve a workload."""


class CostModelError(TvmtuneError):
    """A cost model that cannot be fitted, saved or loaded."""


class SearchError(TvmtuneError):
    """A strategy asked for what it cannot do."""


class ConformanceError(TvmtuneError, AssertionError):
    """A strategy that breaks its contract."""


class RecordError(TvmtuneError):
    """A tuning log that cannot be read or written."""


class MeasureError(TvmtuneError):
    """The measuring machinery failed, not the candidate."""


class GivenUpError(MeasureError):
    """Nothing was measured: it was not to be waited for any longer."""


class GraphError(TvmtuneError):
    """A model file that cannot be read."""


class KernelError(TvmtuneError):
    """A kernel called with arguments it was not built for."""


class NoKernelError(KernelError, KeyError):
    """A workload that a folder of kernels does not have."""

    def __str__(self) -> str:
        return str(self.args[0])  # a KeyError would quote it
