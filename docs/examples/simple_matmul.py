"""A template of one's own: a matrix product with a register tile and nothing else.

tvmtune tune matmul:m=96,k=64,n=80 --template docs/examples/simple_matmul.py:TEMPLATE \
    --log simple.jsonl --trials 50
"""

from tvmtune.schedule import create_schedule
from tvmtune.search_spaces.knobs import candidates, choice
from tvmtune.search_spaces.space import Constraint, Space
from tvmtune.search_spaces.template import Template
from tvmtune.symbolic import at_most

FLOAT_BYTES = 4


def space(workload, target):
    """How many rows and vectors a tile has, and how the rows that are left over are computed."""
    vector = target.vector_bytes // FLOAT_BYTES
    registers = target.vector_registers
    return Space(
        "simple_matmul",
        (
            candidates("rows", list(range(1, 9))),
            candidates("lanes", [vector // 2, vector]),
            choice("tail", ["peel", "even"]),
        ),
        (
            Constraint(
                f"the tile fits {registers} registers", lambda c: at_most(c["rows"] + 2, registers)
            ),
        ),
        default={"rows": 4, "lanes": vector},
    )


def schedule(outputs, target, config):
    """A tile of ``rows`` x ``lanes`` accumulates in registers over all of ``k``."""
    (out,) = outputs
    s = create_schedule(out).cache_write("out", "register", "acc")
    s = s.split("out", "m", config["rows"], ("mo", "mi"), config["tail"])
    s = s.split("out", "n", config["lanes"], ("no", "ni"), "peel")
    s = s.reorder("out", "mo", "no", "mi", "ni").unroll("out", "mi").vectorize("out", "ni")
    s = s.compute_at("acc", "out", "no")
    return s.reorder("acc", "k", "m", "n").unroll("acc", "m").vectorize("acc", "n")


TEMPLATE = Template(
    name="simple_matmul", version=1, operator="matmul", space=space, schedule=schedule
)
