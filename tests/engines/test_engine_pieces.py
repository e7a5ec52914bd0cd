"""What runs in pieces gives the same bytes in this process, in several, and on a Dask cluster."""

import json
import random
from pathlib import Path

import numpy as np
import pytest

from jiandao import cli
from jiandao.engines.assignment import Problem, assign, lottery
from jiandao.engines.calibration import Reviews, calibrate
from jiandao.engines.executor import Executor, executor
from jiandao.engines.forecast.reference import History, forecast
from jiandao.engines.forecast.schedule import Activity, simulate
from jiandao.engines.resilience import Holdings, Links, Network, node_losses, single_points, stops


def network(size: int = 150) -> Network:
    """Links of all three kinds, cycles with weights among them."""
    draw = np.random.default_rng(3)
    source, target = draw.integers(0, size - 20, 3 * size), draw.integers(10, size, 3 * size)
    final = np.ones(size, bool)
    final[source] = False
    held = [(node, f"C{node % 9}", float(draw.random())) for node in range(size)]
    return Network(
        ids=tuple(f"n{number:03}" for number in range(size)),
        names=("",) * size,
        need=final * draw.random(size),
        final=final,
        links=Links(source, target, draw.integers(0, 3, len(source)).astype(np.int8), draw.random(len(source)) + 0.1),
        countries=Holdings.of(held),
        firms=Holdings.of(held),
    )


def draw_of(count: int) -> np.ndarray:
    return np.random.default_rng(count).random(count)


def answers(where: Executor) -> list[bytes]:
    net = network()
    found = stops(net, [(f"C{number}",) for number in range(9)], where=where)
    points = single_points(net, where=where)
    losses = node_losses(net, np.full(net.size, 0.3), where=where)
    assert found is not None
    assert points is not None
    assert losses is not None
    chain = [Activity(f"a{n}", 5.0 + n, (f"a{n - 1}",) if n else (), 0.3, rate=2.0) for n in range(9)]
    schedule = simulate(chain, correlation=0.3, samples=30_000, seed=5, where=where)
    count = 600
    classes = [f"k{number % 5}/s{number % 11}" for number in range(count)]
    planned = np.exp(np.random.default_rng(4).normal(4, 1, count))
    history = History.of(classes, planned, planned * 1.3, np.arange(count) % 7 > 0, np.arange(count) * 3.0)
    later = forecast(history, classes, planned.tolist(), where=where)
    fields = np.kron(np.eye(3), np.ones((8, 10))) * np.random.default_rng(6).random((24, 30))
    problem = Problem.from_matrix(np.where(fields > 0, fields, np.nan), seats=2, most=3)
    panels = assign(problem, objective="fair", where=where)
    assert panels.certificate.minimum_prices is not None
    drawn, _ = lottery(problem, 0.5).rehearse(range(60), where=where)
    proposal, expert = np.divmod(np.flatnonzero(draw_of(30 * 8) < 0.4), 8)
    reviews = Reviews(
        tuple(f"p{number:02}" for number in range(30)),
        tuple(f"e{number}" for number in range(8)),
        proposal,
        expert,
        proposal / 9 + expert + draw_of(len(proposal)),
        np.where(expert == 3, 0.5, 1.0),
    )
    scores = calibrate(reviews, where=where)
    fair = (scores.score, scores.sd, scores.rank_low, scores.rank_high, scores.bias, scores.residual, scores.error)
    arrays = (
        *fair,
        panels.chosen,
        panels.certificate.proposal_prices,
        panels.certificate.minimum_prices.floor,
        drawn,
        found.remaining,
        found.loss,
        *points,
        losses,
        schedule.finish,
        schedule.end,
        schedule.cost,
        later.days,
    )
    return [array.tobytes() for array in arrays]


def test_a_pool_and_this_process_agree() -> None:
    with executor(workers=1) as here:
        first = answers(here)
    with executor(workers=2, patience=1e-9) as pool:
        assert answers(pool) == first


def test_commands_on_a_cluster_write_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    distributed = pytest.importorskip("distributed")
    monkeypatch.chdir(tmp_path)
    draw = random.Random(2)
    Path("net").mkdir()
    Path("net/nodes.csv").write_text("id,name,need\n" + "".join(f"n{n},,\n" for n in range(30)))
    links = [
        f"n{draw.randrange(20)},n{20 + draw.randrange(10)},{kind},1\n" for kind in ("all-of", "any-of", "weighted")
    ]
    Path("net/links.csv").write_text("from,to,kind,weight\n" + "".join(links))
    Path("net/shares.csv").write_text(
        "node,provider,country,share\n" + "".join(f"n{n},f,C{n % 4},0.6\n" for n in range(30))
    )
    Path("plan.json").write_text(json.dumps({"activities": [{"id": "a", "duration": 3}, {"id": "b", "duration": 4}]}))
    rows = [f"k{n % 3},{10 + n},{12 + 2 * n},2024-01-{1 + n % 28:02}\n" for n in range(200)]
    Path("history.csv").write_text("class,planned_days,actual_days,ended\n" + "".join(rows))
    Path("new.csv").write_text("id,class,planned_days\na,k1,30\nb,k9,40\n")
    scores = [f"p{n},e{m},{draw.random():.3f}\n" for n in range(12) for m in range(14) if n % 2 == m % 2]
    Path("scores.csv").write_text("".join(scores))
    assigned = ["--scores", "scores.csv", "--panel-size", "2", "--max-load", "4", "--out", "a.csv", "--report"]
    reviews = [f"p{n % 20},e{n % 7},{draw.random():.3f}\n" for n in range(100)]
    Path("reviews.csv").write_text("proposal,expert,score\n" + "".join(reviews))
    commands = {
        "calibrated.csv": ["calibrate", "--reviews", "reviews.csv"],
        "fair.json": ["assign", "--objective", "fair", *assigned],
        "drawn.json": ["assign", "--probability-cap", "0.6", "--draws", "50", *assigned],
        "net.json": ["resilience", "--network", "net"],
        "schedule.json": ["forecast", "schedule", "--network", "plan.json", "--samples", "20000"],
        "reference.csv": ["forecast", "reference", "--history", "history.csv", "--plan", "new.csv"],
    }
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0", protocol="tcp"
    ) as cluster:
        for name, words in commands.items():
            told = words if words[-1] == "--report" else [*words, "--out"]
            assert cli.main([*told, name]) == 0
            assert cli.main([*told, f"there-{name}", "--cluster", cluster.scheduler_address]) == 0
            first, second = (Path(one).read_text() for one in (name, f"there-{name}"))
            if name.endswith("json"):
                first, second = ({**json.loads(one), "run": None} for one in (first, second))
            assert first == second
