"""A matrix product that adds chains of 256 products: more exact than one chain, and as fast.

tvmtune tune BERT-ff2 --template chained_matmul.py:TEMPLATE --max-rel-error 2e-6 --log a.jsonl
"""

from tvmtune import te
from tvmtune.layout import Layout
from tvmtune.schedule import create_schedule
from tvmtune.search_spaces.accuracy import direct_error
from tvmtune.search_spaces.knobs import candidates
from tvmtune.search_spaces.space import Constraint, Space
from tvmtune.search_spaces.template import Template
from tvmtune.symbolic import at_most

CHAIN = 256


def define(workload):
    """Sums of chains, and their sum."""
    x = te.placeholder(workload.operands["x"], "x")
    w = te.placeholder(workload.operands["w"], "w", constant=True)
    k, b = te.reduce_axis(CHAIN, "k"), te.reduce_axis(workload.k // CHAIN, "b")
    chain = te.compute(
        (workload.m, workload.n, workload.k // CHAIN),
        lambda m, n, b: te.sum(x[m, CHAIN * b + k] * w[CHAIN * b + k, n], k),
        "chain",
    )
    return te.compute(workload.out_shape, lambda m, n: te.sum(chain[m, n, b], b), "out")


def space(workload, target):
    """Rows, and vectors of columns, of the register tile."""
    return Space(
        "chained_matmul",
        (candidates("rows", range(1, 15)), candidates("vectors", [1, 2, 4])),
        (
            Constraint(
                "the tile fits the registers",
                lambda c: at_most(c["rows"] * c["vectors"] + 2, target.vector_registers),
            ),
        ),
        default={"rows": 6, "vectors": 2},
    )


def schedule(outputs, target, config):
    """A tile of sums of chains in registers; what was summed waits in the cache meanwhile."""
    (out,) = outputs
    lanes = target.vector_bytes // 4
    s = create_schedule(out).cache_write("out", "register", "acc").set_scope("chain", "register")
    s = s.layout("w", Layout.blocked(2, [(1, lanes)], order=(1, 0)))
    s = s.split("out", "m", config["rows"], ("mo", "mi"), "even")
    s = s.split("out", "n", config["vectors"] * lanes, ("no", "nt"), "peel")
    s = s.split("out", "nt", lanes, ("nv", "ni"), "peel")
    s = s.reorder("out", "no", "mo", "mi", "nv", "ni")
    s = s.unroll("out", "mi").unroll("out", "nv").vectorize("out", "ni")
    s = s.compute_at("acc", "out", "mo").split("acc", "n", lanes, ("nv", "ni"), "peel")
    s = s.reorder("acc", "b", "m", "nv", "ni")
    s = s.unroll("acc", "m").unroll("acc", "nv").vectorize("acc", "ni")
    s = s.compute_at("chain", "acc", "b").split("chain", "n", lanes, ("nv", "ni"), "peel")
    s = s.split("chain", "k", 4, ("ko", "ki"), "peel")
    s = s.reorder("chain", "b", "ko", "ki", "m", "nv", "ni").unroll("chain", "b")
    s = s.steps("chain", "ki").unroll("chain", "m").unroll("chain", "nv")
    return s.vectorize("chain", "ni")


TEMPLATE = Template(
    name="chained_matmul",
    version=1,
    operator="matmul",
    space=space,
    schedule=schedule,
    serves=lambda workload: workload.k % CHAIN == 0,
    define=define,
    error=lambda workload: direct_error(workload, CHAIN),
)
