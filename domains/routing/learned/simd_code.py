"""Vector instructions in LLVM's terms: the pieces that the functions of `simd` are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils

from headway.domains.routing.learned.pomo_task import DIM, HEADS

LANES = 16  # numbers handled at once
FLOAT, INT = ir.FloatType(), ir.IntType(32)
FAST = ("reassoc", "contract", "nsz")  # sums in any order, products and sums in one step
# 2^f for |f| <= 1/2 to 3e-6: ln(2)^k / k!, highest power first.
POWERS = (1.3333558e-3, 9.6181291e-3, 5.5504109e-2, 2.4022651e-1, 6.9314718e-1, 1.0)
LEAST, MOST = -87.0, 87.0  # beyond these a float32 overflows


def vector(lanes: int) -> ir.VectorType:
    """The type of so many float32 numbers."""
    return ir.VectorType(FLOAT, lanes)


def each(value: float) -> Any:
    """A value for each head."""
    return ir.Constant(vector(HEADS), [value] * HEADS)


def place_of(context: Any, builder: Any, kind: Any, array: Any, at: Any, lanes: int) -> Any:
    """Pointer to ``lanes`` numbers of a contiguous array, ``at`` counted over all of it."""
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [at]), vector(lanes).as_pointer())


def row_of(context: Any, builder: Any, kind: Any, array: Any, m: Any) -> Any:
    """Pointer to the HEADS numbers of row ``m``."""
    return place_of(context, builder, kind, array, builder.mul(m, ir.Constant(m.type, HEADS)), HEADS)


def load(builder: Any, place: Any) -> Any:
    """The vector there."""
    return builder.load(place, align=4)


def store(builder: Any, value: Any, place: Any) -> None:
    """Write a vector there."""
    builder.store(value, place, align=4)


def chosen(builder: Any, value: Any, order: list[int]) -> Any:
    """The lanes of a vector in this order."""
    return builder.shuffle_vector(value, value, ir.Constant(ir.VectorType(INT, len(order)), order))


def spread(builder: Any, number: Any, lanes: int) -> Any:
    """A number in every lane."""
    one = builder.insert_element(ir.Constant(vector(1), ir.Undefined), number, ir.Constant(INT, 0))
    return chosen(builder, one, [0] * lanes)


def multiply_add(builder: Any, a: Any, b: Any, c: Any) -> Any:
    """a * b + c."""
    return builder.fadd(builder.fmul(a, b, flags=FAST), c, flags=FAST)


def folded(builder: Any, value: Any, lanes: int) -> Any:
    """The sums of lanes that are a multiple of ``lanes`` apart."""
    while value.type.count > lanes:
        half = value.type.count // 2
        low, high = chosen(builder, value, list(range(half))), chosen(builder, value, list(range(half, 2 * half)))
        value = builder.fadd(low, high, flags=FAST)
    return value


def inner(context: Any, builder: Any, signature: Any, args: Any, lanes: int) -> Any:
    """Sum of a[i : i + DIM] * b[j : j + DIM], ``lanes`` partial sums."""
    (a, i, b, j), kinds = args[:4], signature.args
    total = [ir.Constant(vector(LANES), [0.0] * LANES)] * 2
    for c in range(0, DIM, LANES):
        at = [builder.add(start, ir.Constant(start.type, c)) for start in (i, j)]
        x = load(builder, place_of(context, builder, kinds[0], a, at[0], LANES))
        y = load(builder, place_of(context, builder, kinds[2], b, at[1], LANES))
        total[c // LANES % 2] = multiply_add(builder, x, y, total[c // LANES % 2])
    return folded(builder, builder.fadd(*total, flags=FAST), lanes)


def add_code(context: Any, builder: Any, signature: Any, args: Any, factor: Any) -> Any:
    """y[i : i + DIM] += factor * x[j : j + DIM], with ``y, i, ..., x, j`` the arguments."""
    (y, i), (x, j), kinds = args[:2], args[-2:], signature.args
    for c in range(0, DIM, LANES):
        to, of = (builder.add(start, ir.Constant(start.type, c)) for start in (i, j))
        place = place_of(context, builder, kinds[0], y, to, LANES)
        term = load(builder, place_of(context, builder, kinds[-2], x, of, LANES))
        store(builder, multiply_add(builder, factor, term, load(builder, place)), place)
    return context.get_dummy_value()


def gather_code(context: Any, builder: Any, signature: Any, args: Any, factor: Callable[[Any], Any]) -> Any:
    """out[:DIM] = the sum over m < number of factor(m) * table[row[m], first : first + DIM], for arguments out, weight,
    table, row, number, first.
    """
    (out, _, table, row, number, first), kinds = args, signature.args
    width = builder.extract_value(context.make_array(kinds[2])(context, builder, table).shape, 1)
    sums = [cgutils.alloca_once_value(builder, ir.Constant(vector(LANES), [0.0] * LANES)) for _ in range(DIM // LANES)]
    for place in sums:
        builder.store(ir.Constant(vector(LANES), [0.0] * LANES), place)
    rows = context.make_array(kinds[3])(context, builder, row).data
    with cgutils.for_range(builder, number) as loop:
        at = builder.add(builder.mul(builder.load(builder.gep(rows, [loop.index])), width), first)
        weight = factor(loop.index)
        for c, place in enumerate(sums):
            here = builder.add(at, ir.Constant(at.type, c * LANES))
            term = load(builder, place_of(context, builder, kinds[2], table, here, LANES))
            builder.store(multiply_add(builder, weight, term, builder.load(place)), place)
    for c, place in enumerate(sums):
        to = ir.Constant(number.type, c * LANES)
        store(builder, builder.load(place), place_of(context, builder, kinds[0], out, to, LANES))
    return context.get_dummy_value()


def exp_code(builder: Any, x: Any) -> Any:
    """e^x, of a number or of each lane."""
    kind = x.type
    whole = ir.VectorType(INT, kind.count) if isinstance(kind, ir.VectorType) else INT

    def constant(value: float, of: Any = kind) -> Any:
        return ir.Constant(of, [value] * of.count if isinstance(of, ir.VectorType) else value)

    for limit, beyond in ((LEAST, "<"), (MOST, ">")):
        x = builder.select(builder.fcmp_ordered(beyond, x, constant(limit)), constant(limit), x)
    x = builder.fmul(x, constant(1.44269504))
    power = builder.fptosi(builder.fadd(x, constant(127.5)), whole)  # rounded, plus the bias of a float's exponent
    rest = builder.fsub(x, builder.fsub(builder.sitofp(power, kind), constant(127.0)))
    value = constant(POWERS[0])
    for factor in POWERS[1:]:
        value = builder.fadd(builder.fmul(value, rest, flags=("contract",)), constant(factor), flags=("contract",))
    return builder.fmul(value, builder.bitcast(builder.shl(power, constant(23, whole)), kind))
