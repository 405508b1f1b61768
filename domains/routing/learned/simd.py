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

from headway.domains.routing.learned.pomo_task import HEADS
from headway.domains.routing.learned.simd_code import (
    INT,
    LANES,
    add_code,
    chosen,
    each,
    exp_code,
    gather_code,
    inner,
    load,
    multiply_add,
    place_of,
    row_of,
    spread,
    store,
    vector,
)

Codegen = Callable[..., Any]


# -- products ----------------------------------------------------------------------------------------
@intrinsic
def dot(typing: Any, a: Any, i: Any, b: Any, j: Any) -> tuple[Any, Codegen]:
    """float32: a[i : i + DIM] . b[j : j + DIM], of contiguous arrays."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        both = inner(context, builder, signature, args, 1)
        return builder.extract_element(both, ir.Constant(INT, 0))

    return types.float32(a, types.intp, b, types.intp), code


@intrinsic
def dot_heads(typing: Any, a: Any, i: Any, b: Any, j: Any, out: Any, k: Any) -> tuple[Any, Codegen]:
    """The same per head, into out[k : k + HEADS]."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = place_of(context, builder, signature.args[4], args[4], args[5], HEADS)
        store(builder, inner(context, builder, signature, args, HEADS), place)
        return context.get_dummy_value()

    return types.void(a, types.intp, b, types.intp, out, types.intp), code


# -- sums of vectors ---------------------------------------------------------------------------------
@intrinsic
def add(typing: Any, y: Any, i: Any, factor: Any, x: Any, j: Any) -> tuple[Any, Codegen]:
    """y[i : i + DIM] += factor * x[j : j + DIM]."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return add_code(context, builder, signature, args, spread(builder, args[2], LANES))

    return types.void(y, types.intp, types.float32, x, types.intp), code


@intrinsic
def add_each(typing: Any, y: Any, i: Any, factor: Any, x: Any, j: Any) -> tuple[Any, Codegen]:
    """y[i : i + HEADS] += factor * x[j : j + HEADS]."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        (y, i, factor, x, j), kinds = args, signature.args
        place, term = (
            place_of(context, builder, kind, array, at, HEADS)
            for kind, array, at in ((kinds[0], y, i), (kinds[3], x, j))
        )
        store(
            builder,
            multiply_add(builder, spread(builder, factor, HEADS), load(builder, term), load(builder, place)),
            place,
        )
        return context.get_dummy_value()

    return types.void(y, types.intp, types.float32, x, types.intp), code


@intrinsic
def add_heads(typing: Any, y: Any, i: Any, p: Any, k: Any, x: Any, j: Any) -> tuple[Any, Codegen]:
    """y[i : i + DIM] += p[k : k + HEADS] * x[j : j + DIM], a factor per head."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        factor = load(builder, place_of(context, builder, signature.args[2], args[2], args[3], HEADS))
        return add_code(
            context, builder, signature, args, chosen(builder, factor, list(range(HEADS)) * (LANES // HEADS))
        )

    return types.void(y, types.intp, p, types.intp, x, types.intp), code


@intrinsic
def gather(typing: Any, out: Any, weight: Any, table: Any, row: Any, number: Any, first: Any) -> tuple[Any, Codegen]:
    """out[:DIM] = the sum over m < number of weight[m] * table[row[m], first : first + DIM]."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[1])(context, builder, args[1]).data

        def factor(m: Any) -> Any:
            return spread(builder, builder.load(builder.gep(data, [m])), LANES)

        return gather_code(context, builder, signature, args, factor)

    return types.void(out, weight, table, row, types.intp, types.intp), code


@intrinsic
def gather_heads(
    typing: Any, out: Any, weight: Any, table: Any, row: Any, number: Any, first: Any
) -> tuple[Any, Codegen]:
    """out[:DIM] = the sum over m < number of weight[m, head] * table[row[m], first : first + DIM]."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        def factor(m: Any) -> Any:
            at = builder.mul(m, ir.Constant(m.type, HEADS))
            weights = load(builder, place_of(context, builder, signature.args[1], args[1], at, HEADS))
            return chosen(builder, weights, list(range(HEADS)) * (LANES // HEADS))

        return gather_code(context, builder, signature, args, factor)

    return types.void(out, weight, table, row, types.intp, types.intp), code


# -- exponentials ------------------------------------------------------------------------------------
@intrinsic
def exp(typing: Any, x: Any) -> tuple[Any, Codegen]:
    """float32: e^x to 1e-5 relative."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return exp_code(builder, args[0])

    return types.float32(types.float32), code


@intrinsic
def softmax_heads(typing: Any, scores: Any, number: Any) -> tuple[Any, Codegen]:
    """Turn scores[:number, HEADS] into each head's softmax over rows; at least one row."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        (scores, number), kind = args, signature.args[0]
        most, total = (cgutils.alloca_once(builder, vector(HEADS)) for _ in range(2))
        builder.store(load(builder, row_of(context, builder, kind, scores, ir.Constant(number.type, 0))), most)
        builder.store(each(0.0), total)
        with cgutils.for_range(builder, number) as loop:
            value, best = load(builder, row_of(context, builder, kind, scores, loop.index)), builder.load(most)
            builder.store(builder.select(builder.fcmp_ordered(">", value, best), value, best), most)
        with cgutils.for_range(builder, number) as loop:
            place = row_of(context, builder, kind, scores, loop.index)
            value = exp_code(builder, builder.fsub(load(builder, place), builder.load(most)))
            store(builder, value, place)
            builder.store(builder.fadd(builder.load(total), value), total)
        share = builder.fdiv(each(1.0), builder.load(total))
        with cgutils.for_range(builder, number) as loop:
            place = row_of(context, builder, kind, scores, loop.index)
            store(builder, builder.fmul(load(builder, place), share), place)
        return context.get_dummy_value()

    return types.void(scores, types.intp), code


@intrinsic
def softmax_slopes(typing: Any, shares: Any, slopes: Any, number: Any) -> tuple[Any, Codegen]:
    """Turn slopes[:number, HEADS] by the shares that `softmax_heads` gave into those by its scores."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        (shares, slopes, number), (shared, sloped, _) = args, signature.args
        mean = cgutils.alloca_once(builder, vector(HEADS))
        builder.store(each(0.0), mean)
        with cgutils.for_range(builder, number) as loop:
            share = load(builder, row_of(context, builder, shared, shares, loop.index))
            slope = load(builder, row_of(context, builder, sloped, slopes, loop.index))
            builder.store(multiply_add(builder, share, slope, builder.load(mean)), mean)
        with cgutils.for_range(builder, number) as loop:
            share = load(builder, row_of(context, builder, shared, shares, loop.index))
            place = row_of(context, builder, sloped, slopes, loop.index)
            store(builder, builder.fmul(share, builder.fsub(load(builder, place), builder.load(mean))), place)
        return context.get_dummy_value()

    return types.void(shares, slopes, types.intp), code
