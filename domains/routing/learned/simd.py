"""Products of short vectors for numba kernels, in the machine's vector instructions.

A compiler turns loops of 8 or 128 numbers into a few vector instructions only if told to; numba does not tell it. So
these functions say it themselves, in LLVM's vector types, which LLVM translates for every machine. Vectors are
float32 [DIM], of which channel c belongs to head c mod HEADS: with the heads side by side a score per head
needs no sum across a register.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from headway.domains.routing.learned.pomo_task import DIM, HEADS

LANES = 16  # numbers handled at once
FLOAT, INT = ir.FloatType(), ir.IntType(32)
FAST = ("reassoc", "contract", "nsz")  # sums in any order, products and sums in one step
Codegen = Callable[..., Any]


# -- pieces of code -------------------------------------------------------------------------------
def _vector(lanes: int) -> ir.VectorType:
    return ir.VectorType(FLOAT, lanes)


def _place(context: Any, builder: Any, kind: Any, array: Any, at: Any, lanes: int) -> Any:
    """Pointer to ``lanes`` numbers of a contiguous array, ``at`` counted over all of it."""
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [at]), _vector(lanes).as_pointer())


def _load(builder: Any, place: Any) -> Any:
    return builder.load(place, align=4)


def _store(builder: Any, value: Any, place: Any) -> None:
    builder.store(value, place, align=4)


def _chosen(builder: Any, value: Any, order: list[int]) -> Any:
    """The lanes of a vector in this order."""
    return builder.shuffle_vector(value, value, ir.Constant(ir.VectorType(INT, len(order)), order))


def _spread(builder: Any, number: Any, lanes: int) -> Any:
    """A number in every lane."""
    one = builder.insert_element(ir.Constant(_vector(1), ir.Undefined), number, ir.Constant(INT, 0))
    return _chosen(builder, one, [0] * lanes)


def _multiply_add(builder: Any, a: Any, b: Any, c: Any) -> Any:
    return builder.fadd(builder.fmul(a, b, flags=FAST), c, flags=FAST)


def _folded(builder: Any, value: Any, lanes: int) -> Any:
    """The sums of lanes that are a multiple of ``lanes`` apart."""
    while value.type.count > lanes:
        half = value.type.count // 2
        low, high = _chosen(builder, value, list(range(half))), _chosen(builder, value, list(range(half, 2 * half)))
        value = builder.fadd(low, high, flags=FAST)
    return value


def _inner(context: Any, builder: Any, signature: Any, args: Any, lanes: int) -> Any:
    """Sum of a[i : i + DIM] * b[j : j + DIM], ``lanes`` partial sums."""
    (a, i, b, j), kinds = args[:4], signature.args
    total = [ir.Constant(_vector(LANES), [0.0] * LANES)] * 2
    for c in range(0, DIM, LANES):
        at = [builder.add(start, ir.Constant(start.type, c)) for start in (i, j)]
        x = _load(builder, _place(context, builder, kinds[0], a, at[0], LANES))
        y = _load(builder, _place(context, builder, kinds[2], b, at[1], LANES))
        total[c // LANES % 2] = _multiply_add(builder, x, y, total[c // LANES % 2])
    return _folded(builder, builder.fadd(*total, flags=FAST), lanes)


# -- products -------------------------------------------------------------------------------------
@intrinsic
def dot(typing: Any, a: Any, i: Any, b: Any, j: Any) -> tuple[Any, Codegen]:
    """float32: a[i : i + DIM] . b[j : j + DIM], of contiguous arrays."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        both = _inner(context, builder, signature, args, 1)
        return builder.extract_element(both, ir.Constant(INT, 0))

    return types.float32(a, types.intp, b, types.intp), code


@intrinsic
def dot_heads(typing: Any, a: Any, i: Any, b: Any, j: Any, out: Any, k: Any) -> tuple[Any, Codegen]:
    """The same per head, into out[k : k + HEADS]."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = _place(context, builder, signature.args[4], args[4], args[5], HEADS)
        _store(builder, _inner(context, builder, signature, args, HEADS), place)
        return context.get_dummy_value()

    return types.void(a, types.intp, b, types.intp, out, types.intp), code


# -- sums of vectors ------------------------------------------------------------------------------
def _add(context: Any, builder: Any, signature: Any, args: Any, factor: Any) -> Any:
    """y[i : i + DIM] += factor * x[j : j + DIM], with ``y, i, ..., x, j`` the arguments."""
    (y, i), (x, j), kinds = args[:2], args[-2:], signature.args
    for c in range(0, DIM, LANES):
        to, of = (builder.add(start, ir.Constant(start.type, c)) for start in (i, j))
        place = _place(context, builder, kinds[0], y, to, LANES)
        term = _load(builder, _place(context, builder, kinds[-2], x, of, LANES))
        _store(builder, _multiply_add(builder, factor, term, _load(builder, place)), place)
    return context.get_dummy_value()


@intrinsic
def add(typing: Any, y: Any, i: Any, factor: Any, x: Any, j: Any) -> tuple[Any, Codegen]:
    """y[i : i + DIM] += factor * x[j : j + DIM]."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _add(context, builder, signature, args, _spread(builder, args[2], LANES))

    return types.void(y, types.intp, types.float32, x, types.intp), code


@intrinsic
def add_each(typing: Any, y: Any, i: Any, factor: Any, x: Any, j: Any) -> tuple[Any, Codegen]:
    """y[i : i + HEADS] += factor * x[j : j + HEADS]."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        (y, i, factor, x, j), kinds = args, signature.args
        place, term = (
            _place(context, builder, kind, array, at, HEADS) for kind, array, at in ((kinds[0], y, i), (kinds[3], x, j))
        )
        _store(
            builder,
            _multiply_add(builder, _spread(builder, factor, HEADS), _load(builder, term), _load(builder, place)),
            place,
        )
        return context.get_dummy_value()

    return types.void(y, types.intp, types.float32, x, types.intp), code


@intrinsic
def add_heads(typing: Any, y: Any, i: Any, p: Any, k: Any, x: Any, j: Any) -> tuple[Any, Codegen]:
    """y[i : i + DIM] += p[k : k + HEADS] * x[j : j + DIM], a factor per head."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        factor = _load(builder, _place(context, builder, signature.args[2], args[2], args[3], HEADS))
        return _add(context, builder, signature, args, _chosen(builder, factor, list(range(HEADS)) * (LANES // HEADS)))

    return types.void(y, types.intp, p, types.intp, x, types.intp), code


def _gather(context: Any, builder: Any, signature: Any, args: Any, factor: Callable[[Any], Any]) -> Any:
    """out[:DIM] = the sum over m < number of factor(m) * table[row[m], first : first + DIM], for arguments out, weight,
    table, row, number, first.
    """
    (out, _, table, row, number, first), kinds = args, signature.args
    width = builder.extract_value(context.make_array(kinds[2])(context, builder, table).shape, 1)
    sums = [cgutils.alloca_once_value(builder, ir.Constant(_vector(LANES), [0.0] * LANES)) for _ in range(DIM // LANES)]
    for place in sums:
        builder.store(ir.Constant(_vector(LANES), [0.0] * LANES), place)
    rows = context.make_array(kinds[3])(context, builder, row).data
    with cgutils.for_range(builder, number) as loop:
        at = builder.add(builder.mul(builder.load(builder.gep(rows, [loop.index])), width), first)
        weight = factor(loop.index)
        for c, place in enumerate(sums):
            here = builder.add(at, ir.Constant(at.type, c * LANES))
            term = _load(builder, _place(context, builder, kinds[2], table, here, LANES))
            builder.store(_multiply_add(builder, weight, term, builder.load(place)), place)
    for c, place in enumerate(sums):
        to = ir.Constant(number.type, c * LANES)
        _store(builder, builder.load(place), _place(context, builder, kinds[0], out, to, LANES))
    return context.get_dummy_value()


@intrinsic
def gather(typing: Any, out: Any, weight: Any, table: Any, row: Any, number: Any, first: Any) -> tuple[Any, Codegen]:
    """out[:DIM] = the sum over m < number of weight[m] * table[row[m], first : first + DIM]."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[1])(context, builder, args[1]).data

        def factor(m: Any) -> Any:
            return _spread(builder, builder.load(builder.gep(data, [m])), LANES)

        return _gather(context, builder, signature, args, factor)

    return types.void(out, weight, table, row, types.intp, types.intp), code


@intrinsic
def gather_heads(
    typing: Any, out: Any, weight: Any, table: Any, row: Any, number: Any, first: Any
) -> tuple[Any, Codegen]:
    """out[:DIM] = the sum over m < number of weight[m, head] * table[row[m], first : first + DIM]."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        def factor(m: Any) -> Any:
            at = builder.mul(m, ir.Constant(m.type, HEADS))
            weights = _load(builder, _place(context, builder, signature.args[1], args[1], at, HEADS))
            return _chosen(builder, weights, list(range(HEADS)) * (LANES // HEADS))

        return _gather(context, builder, signature, args, factor)

    return types.void(out, weight, table, row, types.intp, types.intp), code


# -- exponentials ---------------------------------------------------------------------------------
# 2^f for |f| <= 1/2 to 3e-6: ln(2)^k / k!, highest power first.
POWERS = (1.3333558e-3, 9.6181291e-3, 5.5504109e-2, 2.4022651e-1, 6.9314718e-1, 1.0)
LEAST, MOST = -87.0, 87.0  # beyond these a float32 overflows


def _exp(builder: Any, x: Any) -> Any:
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


@intrinsic
def exp(typing: Any, x: Any) -> tuple[Any, Codegen]:
    """float32: e^x to 1e-5 relative."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _exp(builder, args[0])

    return types.float32(types.float32), code


def _row(context: Any, builder: Any, kind: Any, array: Any, m: Any) -> Any:
    """Pointer to the HEADS numbers of row ``m``."""
    return _place(context, builder, kind, array, builder.mul(m, ir.Constant(m.type, HEADS)), HEADS)


def _each(value: float) -> Any:
    return ir.Constant(_vector(HEADS), [value] * HEADS)


@intrinsic
def softmax_heads(typing: Any, scores: Any, number: Any) -> tuple[Any, Codegen]:
    """Turn scores[:number, HEADS] into each head's softmax over rows; at least one row."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        (scores, number), kind = args, signature.args[0]
        most, total = (cgutils.alloca_once(builder, _vector(HEADS)) for _ in range(2))
        builder.store(_load(builder, _row(context, builder, kind, scores, ir.Constant(number.type, 0))), most)
        builder.store(_each(0.0), total)
        with cgutils.for_range(builder, number) as loop:
            value, best = _load(builder, _row(context, builder, kind, scores, loop.index)), builder.load(most)
            builder.store(builder.select(builder.fcmp_ordered(">", value, best), value, best), most)
        with cgutils.for_range(builder, number) as loop:
            place = _row(context, builder, kind, scores, loop.index)
            value = _exp(builder, builder.fsub(_load(builder, place), builder.load(most)))
            _store(builder, value, place)
            builder.store(builder.fadd(builder.load(total), value), total)
        share = builder.fdiv(_each(1.0), builder.load(total))
        with cgutils.for_range(builder, number) as loop:
            place = _row(context, builder, kind, scores, loop.index)
            _store(builder, builder.fmul(_load(builder, place), share), place)
        return context.get_dummy_value()

    return types.void(scores, types.intp), code


@intrinsic
def softmax_slopes(typing: Any, shares: Any, slopes: Any, number: Any) -> tuple[Any, Codegen]:
    """Turn slopes[:number, HEADS] by the shares that `softmax_heads` gave into those by its scores."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        (shares, slopes, number), (shared, sloped, _) = args, signature.args
        mean = cgutils.alloca_once(builder, _vector(HEADS))
        builder.store(_each(0.0), mean)
        with cgutils.for_range(builder, number) as loop:
            share = _load(builder, _row(context, builder, shared, shares, loop.index))
            slope = _load(builder, _row(context, builder, sloped, slopes, loop.index))
            builder.store(_multiply_add(builder, share, slope, builder.load(mean)), mean)
        with cgutils.for_range(builder, number) as loop:
            share = _load(builder, _row(context, builder, shared, shares, loop.index))
            place = _row(context, builder, sloped, slopes, loop.index)
            _store(builder, builder.fmul(share, builder.fsub(_load(builder, place), builder.load(mean))), place)
        return context.get_dummy_value()

    return types.void(shares, slopes, types.intp), code
