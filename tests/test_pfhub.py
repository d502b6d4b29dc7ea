"""The PFHub examples in their quick mode: known limits, conservation and decay; the full problems take minutes."""

import csv
import functools
import importlib
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp

from selflimit.mesoscale import Grid

FOLDER = Path(__file__).resolve().parent.parent / "examples" / "pfhub"


@pytest.fixture
def example(monkeypatch):
    """Import an example by name, with its folder on the path as when it is run as a script."""
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module


def table(path):
    with path.open() as file:
        rows = list(csv.reader(file))
    return rows[0], np.array(rows[1:], dtype=float)


def test_benchmark_7_has_its_design_orders(example, tmp_path):
    found = example("benchmark7").main(quick=True, out=tmp_path)
    # The statement expects deviations of 0.2 and more; the coarsest mesh has 0.75 of a width per cell.
    assert found["spatial"] == pytest.approx(2.0, abs=0.4)
    assert found["temporal_part"] == pytest.approx(2.0, abs=0.2)
    columns, spatial = table(tmp_path / "spatial.csv")
    assert columns == ["h", "l2_error"]
    assert spatial[-1, 1] < 5e-3  # inside the range that the statement asks for


def test_benchmark_7_boundaries_do_not_matter(example):
    """No flux instead of given values in y: continuing the domain instead changes the error by less than 1e-5."""
    benchmark = example("benchmark7")
    strips = (benchmark.whole_domain(64, beyond) for beyond in (0, 16))
    near, far = (benchmark.error_at_end(benchmark.Problem(), strip, 16) for strip in strips)
    assert benchmark.l2_norm(near - far) < 1e-5  # the smallest error asked for is 1e-4


def test_benchmark_7_source_fits_its_solution(example):
    """The source is the residual of the manufactured solution, by finite differences."""
    problem = example("benchmark7").Problem()
    x, y, t, d = np.array([0.13, 0.4, 0.77]), np.array([0.24, 0.27, 0.22]), 3.0, 1e-4

    def at(dx=0.0, dy=0.0, dt=0.0):
        return problem.solution(x + dx, y + dy, t + dt)

    lap = (at(d) + at(-d) + at(0, d) + at(0, -d) - 4 * at()) / d**2
    reaction = 4 * at() * (at() - 1) * (at() - 0.5)
    expected = (at(0, 0, d) - at(0, 0, -d)) / (2 * d) + reaction - problem.kappa * lap
    # error of the differences: d^2/12 times the fourth derivative, (1/width)^4 = 2.5e7, times kappa
    assert problem.source(x, y, t) == pytest.approx(expected, abs=1e-4)


def test_benchmark_7_renewed_margins(example):
    """The solution has the period 1 in x: margins of anything but it are put right."""
    b = example("benchmark7")
    strip, problem = b.Strip(64, 8, 32), b.Problem()
    whole = problem.solution(*strip.axes, 3.0)
    wrong = np.full_like(whole, 7.0)
    wrong[8:72] = whole[8:72]
    assert strip.periodic(wrong) == pytest.approx(whole, abs=1e-12)
    assert (strip.published(wrong) == whole[8:72]).all()


def test_benchmark_7_thin_interface_on_a_strip(example, tmp_path):
    """Parts (b) and (c): the table, and neither the sides of the strip nor the ends of x matter."""
    benchmark, cost = example("benchmark7"), example("benchmark7_cost")
    found = cost.main("c", quick=True, out=tmp_path)
    columns, rows = table(tmp_path / "cost.csv")
    assert columns == ["cores", "wall_time", "memory", "error", "cost"]
    assert rows[0, 4] == pytest.approx(rows[0, 0] * rows[0, 1])  # at 2 GHz
    assert rows[0, 3] == pytest.approx(found["error"][0])
    (cells, steps), problem = cost.QUICK[0], cost.PROBLEMS["c"]
    wider = benchmark.Strip(cells, 36, 256)
    assert wider.rows > cost.strip(cells).rows
    assert wider.margin > cost.strip(cells).margin
    error = benchmark.l2_norm(benchmark.error_at_end(problem, wider, steps, 1e-5))
    assert error == pytest.approx(found["error"][0], rel=1e-4)  # Newton's 1e-5 in each of 50 steps


def test_benchmark_8_subcritical_dissolves_supercritical_grows(example, tmp_path):
    found = example("benchmark8").main(quick=True, out=tmp_path)
    for ratio in (0.99, 1.0, 1.01):
        exact = (
            quad(lambda r, r0=5 * ratio: np.pi * r * (1 - np.tanh((r - r0) / np.sqrt(2))), 0, 50, limit=200)[0] / 1e4
        )
        assert found[f"{ratio} r*"][0] == pytest.approx(exact, rel=1e-5)  # lumping errs exponentially little here
    assert found["0.99 r*"][1] < 1e-6
    assert found["1.01 r*"][1] > 10 * found["1.01 r*"][0]
    for number in (1, 2, 3):
        columns, series = table(tmp_path / f"data_{number}.csv")
        assert columns == ["time", "fraction", "energy"]
        assert series[0, 0] == 0.0
        assert series[-1, 0] == 200.0
        assert (np.diff(series[:, 2]) <= 1e-9).all()  # Allen-Cahn is a descent of F
    assert table(tmp_path / "phase_field_1.csv")[1].shape[1] == 3


def test_benchmark_8_periodic_square_has_no_seam(example):
    """Seeds moved round the square give the field moved round, and a wider margin the same field."""
    b, periodic = example("benchmark8_many_seeds"), example("periodic_square")
    seeds = [b.Seed(0.0, 20.0, 20.0), b.Seed(0.0, 31.0, 24.0), b.Seed(3.0, 10.0, 30.0)]
    moved = [seed._replace(x=(seed.x + 15.0) % 40.0, y=(seed.y + 25.0) % 40.0) for seed in seeds]

    def at_end(margin, seeds):
        square = periodic.PeriodicSquare(40.0, 48, margin)
        return square.inner(list(b.evolve(square, seeds, np.array([0.0, 10.0]), 1e-2))[-1][1])

    rolled = np.roll(at_end(8, seeds), (18, 30), (0, 1))
    assert 0.1 < rolled.mean() < 0.9  # fronts on the way, over the seam of the moved seeds
    # Newton's updates of 1e-3 leave 7e-5, the margin of 8 cells 1e-6 (one of 4 cells would leave 7e-4)
    assert at_end(8, moved) == pytest.approx(rolled, abs=2e-4)
    assert at_end(24, moved) == pytest.approx(rolled, abs=2e-4)


def test_benchmark_8_particles_across_the_seam(example):
    count, solid = example("periodic_square").particle_count, np.zeros((6, 6), dtype=bool)
    assert count(solid) == 0
    solid[0, 0] = solid[5, 0] = solid[0, 5] = solid[5, 5] = True  # one, at the corner
    assert count(solid) == 1
    solid[2:4, 3] = True
    assert count(solid) == 2
    assert count(~solid) == 1


def test_benchmark_8_seeds_come_at_their_times(example):
    b, periodic = example("benchmark8_many_seeds"), example("periodic_square")
    square, seed = periodic.PeriodicSquare(20.0, 24, 4), b.Seed(1.0, 10.0, 10.0)
    times, second = np.array([0.0, 1.0 - 1e-6, 1.0, 1.5, 2.0]), b.Seed(1.5, 3.0, 3.0)
    alone, both = (dict(b.evolve(square, seeds, times, 1e-2)) for seeds in ([seed], [seed, second]))
    assert list(both) == list(times)
    assert np.abs(both[times[1]]).max() == 0.0
    assert both[1.0].max() == pytest.approx(0.5 * (1.0 + np.tanh(2.2 / np.sqrt(2.0))), rel=1e-12)
    assert (both[1.5] == b.with_seeds(square, alone[1.5], [second])).all()
    assert b.with_seeds(square, alone[1.5], [seed]).max() == 1.0  # on the solid: cut at 1


def test_benchmark_8_energy_of_a_seed(example):
    """F of a seed at the corner of the periodic square against the integral over its radius."""
    b, square = example("benchmark8_many_seeds"), example("periodic_square").PeriodicSquare(40.0, 160, 16)
    phi = b.with_seeds(square, np.zeros(square.grid.nodes), [b.Seed(0.0, 0.0, 0.0)])

    def well(r):  # and 1/2 |grad phi|^2, which is the same for this profile
        return 2.0 * np.pi * r * np.cosh((r - 2.2) / np.sqrt(2.0)) ** -4 / 16.0

    def bulk(r):
        p = 0.5 * (1.0 - np.tanh((r - 2.2) / np.sqrt(2.0)))
        return 2.0 * np.pi * r * p**3 * (10.0 - 15.0 * p + 6.0 * p**2)

    found = b.energy(square, b.nucleation_front(square.grid, b.DRIVE), phi)
    surface, inside = (quad(part, 0.0, 20.0)[0] for part in (well, bulk))
    # the gradient energy of Q1 elements errs by h^2/12 times a second derivative of phi' over phi', 1 % at h = 1/4
    assert found == pytest.approx(2.0 * surface - b.DRIVE * inside, abs=0.01 * surface)


def test_benchmark_8_speed_of_the_flat_front(example):
    """Shooting against the solver on a strip, extrapolated from two meshes, and against 3 sqrt(2) Df at small Df."""
    avrami, b, marching = example("avrami"), example("benchmark8"), example("marching")
    more = [avrami.flat_speed(drive) / (3.0 * np.sqrt(2.0) * drive) - 1.0 for drive in (0.02, 0.04)]
    assert more[1] / more[0] == pytest.approx(4.0, rel=0.05)  # v is odd in Df
    drive, speeds = 1.0 / (3.0 * np.sqrt(2.0)), []
    for spacing in (0.5, 0.25):
        front = b.nucleation_front(Grid((round(48.0 / spacing), 1), spacing), drive)
        start = 0.5 * (1.0 - np.tanh((front.grid.node_coordinates()[0] - 10.0) / np.sqrt(2.0)))
        solve = functools.partial(b.step, front, 1e-5)
        fields = [phi for _, phi in marching.march(solve, start, (0.0, 15.0, 30.0), 1e-4, 0.01)]
        speeds.append(front.grid.integrate(fields[2] - fields[1]) / (15.0 * spacing))
    # left over: h^4/w^4 terms, and 0.1 % from the steps (third root of 1e-4 against 1e-3: 0.2 % less)
    assert (4.0 * speeds[1] - speeds[0]) / 3.0 == pytest.approx(avrami.flat_speed(drive), rel=3e-3)


def test_benchmark_8_radius_obeys_its_equation(example):
    avrami, times = example("avrami"), np.array([0.0, 3.0, 30.0])
    exact = solve_ivp(lambda _, r: 0.9 - 1.0 / r, (0.0, 30.0), [2.2], t_eval=times, rtol=1e-10).y[0]
    assert avrami.radius(times, 2.2, 0.9) == pytest.approx(exact, abs=1e-5)
    assert avrami.radius([-1.0], 2.2, 0.9) == 0.0


def test_benchmark_8_theory_against_random_discs(example):
    """Mean and scatter of the covered fraction against 1000 placements; the discs have one of two radii or none."""
    avrami, random, radii, weights = example("avrami"), np.random.default_rng(1), [0.1, 0.3], [0.5, 0.25]
    covered = []
    for _ in range(1000):
        chosen = random.choice([*radii, 0.0], 5, p=[*weights, 0.25])
        discs = [avrami.distance(1.0, 80, *random.uniform(size=2)) < r for r in chosen]
        covered.append(np.any(discs, axis=0).mean())
    mean, scatter = avrami.expected_fraction(1.0, 5, radii, weights)
    assert mean == pytest.approx(np.mean(covered), abs=4.0 * scatter / np.sqrt(1000))
    assert scatter == pytest.approx(np.std(covered), rel=4.0 / np.sqrt(2000))


def test_benchmark_8_exponent_of_its_definition(example):
    times = np.linspace(0.0, 100.0, 51)
    assert example("avrami").avrami_exponent(times, 1.0 - np.exp(-((times / 50.0) ** 2.7))) == pytest.approx(2.7)


@pytest.mark.parametrize("part", ["b", "c"])
def test_benchmark_8_many_seeds(example, tmp_path, part):
    b = example("benchmark8_many_seeds")
    found = b.main(part, 1, quick=True, out=tmp_path)
    columns, rows = table(tmp_path / "data_1.csv")
    assert columns == ["time", "fraction", "energy", "particle_count"]
    time, fraction, energy, count = rows.T
    assert len(table(tmp_path / "average.csv")[1]) == len(time)
    area = 160.0**2
    if part == "b":
        seed = quad(lambda r: np.pi * r * (1.0 - np.tanh((r - 2.2) / np.sqrt(2.0))), 0.0, 40.0)[0]
        assert fraction[0] == pytest.approx(6 * seed / area, rel=1e-3)  # none of these overlap
        assert (np.diff(energy) < 1e-6 * area).all()  # Allen-Cahn is a descent of F
        assert count[0] == 6
        assert (np.diff(count) <= 0).all()
    else:
        assert rows[0, 1:] == pytest.approx([0.0, 0.0, 0.0])
        assert count.max() > 1
    assert (np.diff(fraction) > -1e-5).all()  # the solid is 1 to the square of Newton's 1e-3
    assert (fraction[-1], count[-1]) == (pytest.approx(1.0, abs=1e-3), 1)
    assert energy[-1] == pytest.approx(-b.DRIVE * area, rel=1e-3)
    # h = 0.91 makes the front 6.5 % slow, which is 2 * 0.065/e = 0.05 of Y; 0.02 for curved and meeting fronts
    assert found["apart from its discs"] < 0.07


def test_benchmark_6_conserves_and_descends(example, tmp_path):
    found = example("benchmark6").main(quick=True, out=tmp_path)
    assert abs(found["drift of the mean"]) < 1e-12  # round-off: the columns of the stiffness sum to zero
    columns, series = table(tmp_path / "free_energy.csv")
    assert columns == ["time", "free_energy"]
    assert (np.diff(series[:, 1]) < 0).all()
    for name, column in (("x_cut_plane", "y"), ("y_cut_plane", "x")):
        columns, cut = table(tmp_path / f"{name}.csv")
        assert columns == [column, "concentration", "potential"]
        assert cut[:, 0] == pytest.approx(np.linspace(0, 100, len(cut)))
    assert cut[0, 2] == 0.0  # grounded on the left
    assert cut[-1, 2] == pytest.approx(np.sin(50 / 7), rel=1e-9)


def test_cahn_hilliard_manufactured_solution(example):
    """c = 1/2 + 0.3 cos(pi x) cos(2 pi y) e^-t, f = c^2 (1 - c)^2: second order in space and time at once."""
    ch, stepping = example("cahn_hilliard"), importlib.import_module("selflimit.mesoscale.equations.step_length")
    mobility, kappa, k2 = 0.3, 0.05, 5.0 * np.pi**2

    def error(cells, steps):
        grid = Grid((cells, cells), 1.0 / cells)
        x, y = grid.node_coordinates()
        a, b = np.pi * x, 2 * np.pi * y
        wave, square = 0.3 * np.cos(a) * np.cos(b), 0.09 * np.pi**2
        slope2 = square * ((np.sin(a) * np.cos(b)) ** 2 + 4 * (np.cos(a) * np.sin(b)) ** 2)  # |grad wave|^2

        def exact(t):
            return 0.5 + wave * np.exp(-t)

        def source(t):
            # f' = 4 v^3 - v with v = c - 1/2; lap(v^3) = 3 v^2 lap(v) + 6 v |grad v|^2
            v = wave * np.exp(-t)
            lap_f = 4 * (-3 * k2 * v**3 + 6 * v * slope2 * np.exp(-2 * t)) + k2 * v
            return -v - mobility * (lap_f - kappa * k2**2 * v)

        zero = np.zeros_like(x)
        equation = ch.CahnHilliard(
            grid, mobility, kappa, lambda c: 4 * (c - 0.5) ** 3 - (c - 0.5), lambda c: 12 * (c - 0.5) ** 2 - 1,
            lambda c: zero,
        )  # fmt: skip
        dt = 1.0 / steps
        past = [stepping.Moment(t, exact(t), zero, zero) for t in (0.0, -dt)]
        for step in range(1, steps + 1):
            difference = stepping.backward_difference(past, dt, 2)
            c = equation.step(difference, past[0].xi, 1e-9, source(step * dt))
            past = [stepping.Moment(step * dt, c, zero, zero), past[0]]
        return np.abs(c - exact(1.0)).max()

    errors = [error(cells, cells) for cells in (16, 32)]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2.0, abs=0.1)  # the next terms are (pi h)^2 of the leading


def test_benchmark_4_force_is_the_slope_of_its_energy(example):
    """d(F_el)/d(eta) against the difference quotient of the energy, stiffer precipitate included."""
    b = example("benchmark4")
    grid = Grid((80, 80), 1.0)
    problem = b.Precipitate(b.VARIANTS["g"], grid)
    eta, (x, y) = problem.start(), grid.node_coordinates()
    bump = np.exp(-((x - 14) ** 2 + (y - 14) ** 2) / 20)
    slope = grid.integrate(problem.elastic_slope(eta) * bump)
    up, down = (problem.elastic_energy(eta + sign * 1e-3 * bump) for sign in (1, -1))
    assert slope == pytest.approx((up - down) / 2e-3, rel=0.01)  # both are second order in dx, 0.8 widths here


def test_benchmark_4_small_misfit_energy_of_a_disc(example):
    """Elastic energy of a homogeneous cubic solid against Khachaturyan's integral over directions (sharp, infinite).

    E/A = 1/2 <B(n)>, B = s0 : e0 - n.s0 (n.C.n)^-1 s0.n, s0 = C : e0, from the Fourier transform of div(sigma) = 0.
    """
    b = example("benchmark4")
    grid = Grid((128, 128), 1.0)
    solid = b.CubicSolid(grid)
    x, y = grid.cell_centres()
    inside = np.clip(0.5 + 16.0 - np.hypot(x, y), 0.0, 1.0)
    u = solid.solve(np.ones(grid.shape), b.MISFIT * inside, np.zeros((*grid.nodes, 2)))
    total = b.cell_strain(grid, u)
    trace = total[..., 0] + total[..., 1] - 2.0 * b.MISFIT * inside
    # int sigma : eps vanishes for a balanced stress and free sides, so the energy is -1/2 int sigma : eps0
    density = -0.5 * (b.C11 + b.C12) * trace * b.MISFIT * inside
    s0, angles = (b.C11 + b.C12) * b.MISFIT, np.linspace(0.0, 2.0 * np.pi, 721)[:-1]
    directions = []
    for c, s in zip(np.cos(angles), np.sin(angles), strict=True):
        acoustic = [[b.C11 * c**2 + b.C44 * s**2, (b.C12 + b.C44) * c * s],
                    [(b.C12 + b.C44) * c * s, b.C11 * s**2 + b.C44 * c**2]]  # fmt: skip
        directions.append(2 * s0 * b.MISFIT - s0**2 * np.array([c, s]) @ np.linalg.solve(acoustic, [c, s]))
    expected = 0.5 * np.mean(directions)
    # the circle cuts 100 of 800 cells, and the free sides at 8 radii relax 2 % of the energy (1/8^2)
    assert density.sum() / inside.sum() == pytest.approx(expected, rel=0.05)


def test_benchmark_4_runs(example, tmp_path):
    found = example("benchmark4").main(quick=True, out=tmp_path)
    columns, rows = table(tmp_path / "all_data.csv")
    assert columns[:4] == ["time", "a_01", "a_10", "a_d"]
    assert rows[:, 1] == pytest.approx(rows[:, 2], rel=1e-5)  # a disc in a cubic solid: [10] and [01] are alike
    assert rows[:, 7] == pytest.approx(rows[0, 7], rel=1e-9)  # Cahn-Hilliard conserves
    assert (np.diff(rows[:, 6]) < 0).all()
    assert found["F at end"] < found["F at start"]
    contour = table(tmp_path / "contour.csv")[1]
    assert np.hypot(*contour[0]) == pytest.approx(found["a_10"], rel=1e-9)
