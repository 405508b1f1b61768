"""Laws of demand: their draws follow them, and what they tell of themselves agrees."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from headway.components import build
from headway.domains.inventory.demand import LAWS
from headway.domains.inventory.demand.discrete import Binomial, Geometric, Poisson
from headway.domains.inventory.demand.empirical import Empirical
from headway.domains.inventory.demand.families import Gamma, Normal, Uniform
from headway.domains.inventory.demand.seasonal import Seasonal
from headway.errors import CapabilityError, ConfigError
from headway.problem import lookup

WHOLE = {
    Poisson(mean=5): stats.poisson(5),
    Poisson(mean=0.3): stats.poisson(0.3),
    Poisson(mean=300): stats.poisson(300),
    Geometric(mean=5): stats.geom(1 / 6, loc=-1),
    Binomial(n=20, p=0.4): stats.binom(20, 0.4),
    Uniform(low=0, high=4, whole=True): stats.randint(0, 5),
}
REAL = {
    Normal(mean=5, std=1.6, clip=False): stats.norm(5, 1.6),
    Gamma(mean=4, cv=0.5): stats.gamma(4, scale=1),
    Uniform(low=2, high=10): stats.uniform(2, 8),
}
ALL = [
    *WHOLE,
    *REAL,
    Normal(mean=1, std=2),
    Gamma(mean=4, cv=0.5, whole=True),
    Empirical(values=(0, 3, 3, 7)),
    Seasonal(),
]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


@pytest.mark.parametrize("law", WHOLE, ids=str)
def test_whole_numbered_laws_are_scipys(law):
    """Probabilities, moments, quantiles and losses against scipy's own."""
    truth, mass = WHOLE[law], law.pmf()
    values = np.arange(len(mass))
    np.testing.assert_allclose(mass, truth.pmf(values), rtol=1e-9, atol=2e-12)
    assert mass.sum() == pytest.approx(1, abs=1e-14)
    assert truth.sf(len(mass) - 1) < 1e-12
    assert (law.mean, law.std) == pytest.approx((truth.mean(), truth.std()), rel=1e-12)
    for q in (0.01, 0.5, 0.8, 0.9, 0.975, 0.999):
        assert law.quantile(q) == truth.ppf(q)
    for level in (0, truth.mean(), truth.ppf(0.9)):
        assert law.loss(level) == pytest.approx(np.maximum(values - level, 0) @ truth.pmf(values), abs=1e-9)


@pytest.mark.parametrize("law", WHOLE, ids=str)
def test_whole_numbered_draws_follow_the_law(law):
    """Chi-square over cells that expect at least five draws."""
    drawn = law.sample(rng(), (40, 25, 200))
    assert drawn.dtype == np.float64
    assert drawn.shape == (40, 25, 200)
    assert not (drawn % 1).any()
    edges = np.unique(WHOLE[law].ppf(np.linspace(0.001, 0.999, 40)))
    cells = np.diff(WHOLE[law].cdf(edges), prepend=0.0, append=1.0)
    seen = np.bincount(np.searchsorted(edges, drawn.ravel()), minlength=len(cells))
    kept = cells * drawn.size >= 5
    assert stats.chisquare(seen[kept], cells[kept] / cells[kept].sum() * seen[kept].sum()).pvalue > 1e-4


@pytest.mark.parametrize("law", REAL, ids=str)
def test_real_valued_laws_are_scipys(law):
    """Draws by Kolmogorov and Smirnov; quantiles and losses against scipy's."""
    truth = REAL[law]
    assert stats.kstest(law.sample(rng(), (20, 50, 20)).ravel(), truth.cdf).pvalue > 1e-4
    assert (law.mean, law.std) == pytest.approx((truth.mean(), truth.std()))
    for q in (0.05, 0.5, 0.9):
        level = law.quantile(q)
        assert level == pytest.approx(truth.ppf(q))
        short = truth.expect(lambda x, level=level: x - level, lb=level, ub=truth.ppf(1 - 1e-13))
        assert law.loss(level) == pytest.approx(short, rel=1e-6)


def test_guide_table_inverts_the_cumulative_probabilities():
    """Cell by cell: what the table settles is the inverse at both ends, what it leaves open differs there."""
    law = Geometric(mean=5).lattice
    cells = np.arange(2**16)
    lower = np.searchsorted(law.cumulative, cells / 2**16, side="right")
    upper = np.searchsorted(law.cumulative, (cells + 1 - 1e-9) / 2**16, side="right")
    settled = law.guide < len(law.values)
    np.testing.assert_array_equal(law.guide[settled], lower[settled])
    np.testing.assert_array_equal(law.guide[settled], upper[settled])
    assert (lower[~settled] < upper[~settled]).mean() > 0.8  # the rest: steps smaller than 1e-9 of a cell
    assert (~settled).mean() < 1e-3


def test_rare_values_are_drawn_as_often_as_they_should():
    """The table's cells are 1.5e-5 wide, P(D >= 18) = 5.4e-6: what needs the bits beyond the first 16."""
    drawn = Poisson(mean=5).sample(rng(3), (1000, 100, 100))
    for level in (16, 18, 20):
        expected = drawn.size * stats.poisson(5).sf(level - 1)
        assert abs((drawn >= level).sum() - expected) < 4 * np.sqrt(expected)


@pytest.mark.parametrize("law", ALL, ids=str)
@pytest.mark.parametrize("periods", [1, 3])
def test_sums_of_periods_by_simulation(law, periods):
    """Quantile and loss of several periods' demand, against draws; seasons begin at random."""
    drawn = law.sample(rng(7), (400, 7 * 10 + periods - 1, 20))
    length = 7 * 10
    sums = sum(drawn[:, lag : lag + length] for lag in range(periods)).ravel()
    level = law.quantile(0.8, periods)
    assert (sums <= level + 1e-9).mean() > 0.8 - 4 * 0.4 / np.sqrt(sums.size / periods)
    assert (sums < level - 1e-9).mean() < 0.8 + 4 * 0.4 / np.sqrt(sums.size / periods)
    short = np.maximum(sums - level, 0)
    assert law.loss(level, periods) == pytest.approx(short.mean(), abs=5 * short.std() / np.sqrt(sums.size / periods))


@pytest.mark.parametrize("law", [Normal(clip=False), Gamma(), Uniform(low=1, high=9)], ids=str)
def test_the_grid_agrees_with_closed_forms(law):
    """What laws without a closed form rest on, where there is one; Irwin and Hall's for the uniform law."""
    periods = 3
    if isinstance(law, Normal):
        grid, level = Normal().total(periods), law.quantile(0.9, periods)  # clipping at 0 is 3.1 deviations away
        assert grid.interpolated(0.9) == pytest.approx(level, abs=1e-3)
        return
    grid = law.grid(law.step).total(periods)
    if isinstance(law, Uniform):
        assert grid.interpolated(0.5) == pytest.approx(15, abs=1e-6)
        x = 2.5  # of 3: beyond all but one unit, P(sum of three uniforms > x) = (3 - x)^3 / 6
        assert grid.interpolated(1 - (3 - x) ** 3 / 6) == pytest.approx(3 + 8 * x, abs=1e-4)
        return
    level = law.quantile(0.9, periods)
    assert grid.interpolated(0.9) == pytest.approx(level, abs=1e-4)
    assert grid.loss(level) == pytest.approx(law.loss(level, periods), rel=1e-4)


def test_backlog_newsvendor_by_the_books():
    """Poisson 5, five periods, h = 1, p = 9: order up to 32 for 9.1510 a period (closed form, simulated by others)."""
    law = Poisson(mean=5)
    level = law.quantile(0.9, periods=5)
    short = law.loss(level, periods=5)
    assert level == 32
    assert (level - 25 + short) + 9 * short == pytest.approx(9.1510, abs=5e-5)


def test_binomial_with_days_without_demand():
    """P(0) by hand, and the mean."""
    law = Binomial(n=2, p=0.5, active=0.8)
    np.testing.assert_allclose(law.pmf(), [0.2 + 0.8 / 4, 0.8 / 2, 0.8 / 4], rtol=1e-12)
    assert law.lattice.std == pytest.approx(law.std)


def test_rounded_gamma_is_de_moors():
    """P(D = k) of a rounded law is the law's probability of [k - 1/2, k + 1/2) (De Moor et al. 2022)."""
    truth = stats.gamma(4, scale=1)
    mass = Gamma(mean=4, cv=0.5, whole=True).pmf()
    k = np.arange(1, len(mass) - 1)
    assert mass[0] == pytest.approx(truth.cdf(0.5))
    np.testing.assert_allclose(mass[1:-1], truth.cdf(k + 0.5) - truth.cdf(k - 0.5), rtol=1e-9, atol=1e-14)


def test_seasons():
    """Means follow the profile, features tell the time of the week, and a flat season is the law itself."""
    law = Seasonal(week=(1, 3), law_options={"mean": 10})
    np.testing.assert_allclose(law.means(5), [5, 15, 5, 15, 5])
    assert law.std == pytest.approx(np.sqrt(10 + 25))
    np.testing.assert_allclose(law.features(3), [[0, 1], [0, -1], [0, 1]], atol=1e-6)
    flat = Seasonal(week=(1,))
    np.testing.assert_allclose(flat.pmf(), Poisson().pmf(), atol=1e-15)
    assert flat.features(4).shape == (4, 0)
    wave = Seasonal(week=(1,), swing=0.5, year=4)
    np.testing.assert_allclose(wave.means(4), [5, 7.5, 5, 2.5])


def test_empirical_from_a_file(tmp_path):
    """A column of a CSV, resampled; fractions make the law a continuous one."""
    file = tmp_path / "seen.csv"
    file.write_text("demand\n1.5\n2.5\n")
    law = Empirical(path=file)
    assert not law.discrete
    assert law.quantile(0.5) == 1.5
    assert law.quantile(0.75, periods=2) == pytest.approx(4, abs=2e-3)
    assert set(np.unique(law.sample(rng(), (50,)))) == {1.5, 2.5}
    with pytest.raises(CapabilityError, match="not whole-numbered"):
        law.pmf()


@given(st.floats(0.05, 60), st.integers(1, 6), st.floats(0.01, 0.99))
@settings(deadline=None, max_examples=40)
def test_poisson_sums_are_convolutions(mean, periods, q):
    """The closed form of a sum against the convolution it replaces."""
    law = Poisson(mean=mean)
    summed = law.lattice.total(periods)
    assert abs(law.quantile(q, periods) - summed.quantile(q)) <= 1  # they may round apart at a step
    assert law.loss(mean, periods) == pytest.approx(summed.loss(mean), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", LAWS)
def test_a_law_is_named_and_repeats_itself(name):
    """The same stream gives the same draws, float64 of the shape asked for."""
    given = {"values": (1.0, 2.0)} if name == "empirical" else {}
    law = build(lookup("demand", name, LAWS), given, where="demand_options")
    one, other = (law.sample(rng(4), (2, 9, 3)) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert (one.dtype, one.shape) == (np.float64, (2, 9, 3))
    assert len(law.means(9)) == len(law.features(9)) == 9


def test_draws_are_fast():
    """2 million Poisson draws in well under a tenth of a second; numpy's own sampler needs as much again."""
    law, numbers = Poisson(mean=5), rng()
    law.sample(numbers, (1, 1, 1))
    taken = []
    for _ in range(5):
        began = time.process_time()
        law.sample(numbers, (500, 50, 20))
        taken.append(time.process_time() - began)
    assert min(taken) / 500_000 < 25e-9


@pytest.mark.parametrize(
    ("law", "options", "message"),
    [
        ("uniform", {"low": 3.0, "high": 2.0}, "low=3.0, high=2.0"),
        ("uniform", {"low": 0.5, "high": 2.0, "whole": True}, "whole numbers"),
        ("normal", {"clip": False, "whole": True}, "below zero"),
        ("poisson", {"mean": -1}, "mean"),
        ("poisson", {"rate": 5}, "rate"),
        ("empirical", {}, "one of the two"),
        ("empirical", {"values": (1.0, -2.0)}, "values"),
    ],
)
def test_impossible_laws_are_refused(law, options, message):
    with pytest.raises(ConfigError, match=message):
        build(lookup("demand", law, LAWS), options, where="demand_options")


def test_what_a_law_cannot_do_it_says():
    for refused in (Binomial().scaled, lambda _: Normal(clip=False).total(2)):
        with pytest.raises(CapabilityError):
            refused(2.0)
