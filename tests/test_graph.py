"""Ledger -> graph: everything claimed, edges along time, measured without recursion."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from itertools import pairwise

import networkx as nx
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ectgraph import graph as graph_module
from ectgraph.graph import build, crowded, measure, proven, shortest_cycle, versions
from ectgraph.ledger import Ledger
from ectgraph.loader import load_bytes
from ectgraph.model import Entry, Header, Trust
from ectgraph.testing import EPOCH, sketch, task_id

SCALARS = (str, int, float)


@pytest.fixture(scope="module")
def graph_of(entry: Callable[..., Entry]) -> Callable[..., nx.DiGraph]:
    """Make the graph of a ledger of (jti, wid, parents)."""

    def make(*tasks: tuple[str, str | None, Iterable[str]]) -> nx.DiGraph:
        return build(Ledger(entry(*task) for task in tasks))

    return make


def test_edges_run_from_parent_to_child():
    graph = build(sketch("a@0; b@5<a; c@9<a,b").ledger())
    names = {task_id(name): name for name in "abc"}
    assert [(names[u], names[v]) for u, v in graph.edges] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert [names[node] for node in graph] == ["a", "b", "c"]


def test_a_node_tells_what_the_token_says():
    graph = build(sketch("a@7 act=review wid=w").ledger())
    assert dict(graph.nodes.data()) == {
        task_id("a"): {
            "jti": task_id("a"),
            "wid": task_id("w"),
            "iss": "spiffe://example.com/agent/agent-a",
            "exec_act": "review",
            "iat": EPOCH + 7,
            "exp": EPOCH + 607,
            "kid": "agent-a",
            "trust": "verified",
            "level": "L2",
            "status": "present",
        }
    }


def test_verified_tokens_in_a_chain_that_holds_are_of_the_highest_level():
    ledger = sketch("a@0; b@5<a !flipped; c@9<b; !chained").ledger()

    plain, chained = build(ledger), build(ledger, {"sketch"})

    assert [plain.nodes[task_id(name)]["level"] for name in "abc"] == ["L2", "L2", "L2"]
    assert [chained.nodes[task_id(name)]["level"] for name in "abc"] == ["L3", "L2", "L3"]
    assert build(ledger, {"another"}).nodes[task_id("a")]["level"] == "L2"


def test_what_a_token_does_not_say_is_no_attribute(graph_of):
    graph = graph_of(("a", None, ["b"]))
    assert graph.nodes["a"] == {
        "jti": "a",
        "trust": "verified",
        "level": "L2",
        "status": "present",
    }
    assert graph.nodes["b"] == {"jti": "b", "status": "missing"}


def test_tokens_that_did_not_verify_are_drawn_too():
    graph = build(sketch("a@0 !flipped; b@5<a !unsigned; 'x'").ledger())
    assert [graph.nodes[task_id(name)]["trust"] for name in "ab"] == ["invalid", "unsigned"]
    assert graph.nodes[task_id("b")]["level"] == "L1"
    assert "kid" not in graph.nodes[task_id("b")]
    assert list(graph.edges) == [(task_id("a"), task_id("b"))]


def test_an_empty_ledger_has_an_empty_graph():
    graph = build(Ledger())
    assert (len(graph), measure(graph).depth, measure(graph).deepest) == (0, 0, None)


def test_one_jti_in_several_workflows_is_several_nodes(graph_of):
    graph = graph_of(("a", "w", []), ("a", "v", []), ("b", "v", ["a"]), ("c", "x", ["a"]))
    assert list(graph) == ["a@w", "a@v", "b", "c"]
    assert list(graph.edges) == [("a@w", "c"), ("a@v", "b")]
    assert [graph.nodes[node]["jti"] for node in graph] == ["a", "a", "b", "c"]


def test_a_task_outside_workflows_is_found_before_one_in_another(graph_of):
    graph = graph_of(("a", "v", []), ("a", None, []), ("b", "w", ["a"]), ("c", "v", ["a"]))
    assert set(graph.edges) == {("a", "b"), ("a@v", "c")}


def test_a_missing_task_is_one_node_whoever_names_it(graph_of):
    graph = graph_of(("a", "w", ["z"]), ("b", "v", ["z", "a"]))
    assert graph.nodes["z"] == {"jti": "z", "status": "missing"}
    assert list(graph.successors("z")) == ["a", "b"]


def test_a_missing_task_that_looks_like_a_name_of_ours_gets_its_own(graph_of):
    graph = graph_of(("a", "w", []), ("a", "v", []), ("b", "w", ["a@w", "a"]))
    assert graph.nodes["a@w"]["status"] == "present"
    assert graph.nodes["a@w'"] == {"jti": "a@w", "status": "missing"}
    assert set(graph.edges) == {("a@w'", "b"), ("a@w", "b")}


def test_two_missing_tasks_are_two_nodes_however_they_are_called(graph_of):
    graph = graph_of(("a", "w", []), ("a", "v", []), ("b", "w", ["a@w", "a@w'"]))
    missing = [data["jti"] for _, data in graph.nodes.data() if data["status"] == "missing"]
    assert sorted(missing) == ["a@w", "a@w'"]
    assert graph.in_degree("b") == 2


def test_a_node_has_the_links_of_all_its_records_and_the_face_of_the_first_verified(entry):
    bad, good = Trust.INVALID, Trust.VERIFIED
    ledger = Ledger(
        [
            entry("a", parents=["p"], trust=bad, iss="forger", iat=1),
            entry("a", parents=["q"], trust=good, iss="first", exec_act="x"),
            entry("a", parents=["r", "p"], trust=good, iss="second"),
        ]
    )
    graph = build(ledger)
    assert set(graph.predecessors("a")) == {"p", "q", "r"}
    node = graph.nodes["a"]
    assert (node["iss"], node["trust"], node["status"]) == ("first", "verified", "duplicate")
    assert node["exec_act"] == "x"
    assert "iat" not in node


def test_without_a_verified_record_the_first_gives_the_face(entry):
    ledger = Ledger(
        [entry("a", trust=Trust.UNKNOWN_KEY, iss="x"), entry("a", trust=Trust.INVALID, iss="y")]
    )
    assert build(ledger).nodes["a"]["iss"] == "x"
    assert build(ledger).nodes["a"]["trust"] == "unknown_key"


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        (("s1", b"a.b.c"), ("s2", b"a.b.c"), "present"),
        (("s1", b"a.b.c"), ("s2", b'{"seq":9,"ect":"a.b.c"}'), "present"),
        (("s1", b'"a.b.c"'), ("s2", b"a.b.c"), "present"),
        (("s1", b"a.b.c"), ("s1", b"a.b.c"), "duplicate"),
        (("s1", b"a.b.c"), ("s2", b"a.b.d"), "duplicate"),
        (("s1", b"a.b.c"), ("s1", b"a.b.d"), "duplicate"),
    ],
)
def test_copies_in_several_sources_are_present_all_else_is_duplicate(entry, first, second, status):
    entries = [entry("a", source=source, body=body) for source, body in (first, second)]
    assert build(Ledger(entries)).nodes["a"]["status"] == status
    assert build(Ledger(entries[::-1])).nodes["a"]["status"] == status


def test_two_copies_of_one_file_are_present():
    made = sketch("a@0; b@5<a")
    copies = [load_bytes(made.data, made.ring, source=name) for name in ("one", "two")]
    graph = build(Ledger([*copies[0], *copies[1]]))
    assert {status for _, status in graph.nodes.data("status")} == {"present"}
    assert graph.number_of_edges() == 1


def test_the_versions_of_a_task(entry):
    bodies = [b"a.b.c", b"a.b.d", b'{"ect":"a.b.c"}']
    ledger = Ledger(entry("a", body=body) for body in bodies)
    assert versions(ledger, [0, 1, 2]) == {b"a.b.c": [0, 2], b"a.b.d": [1]}
    assert versions(ledger, [1]) == {b"a.b.d": [1]}


JTIS = st.sampled_from(["a", "a@w", "a@w'", "b", "é"])
TASKS = st.lists(
    st.tuples(JTIS, st.sampled_from([None, "w", "v"]), st.lists(JTIS, max_size=3)), max_size=8
)


@given(TASKS)
def test_the_graph_holds_everything_claimed_and_nothing_else(entry, tasks):
    ledger = Ledger(entry(*task) for task in tasks)
    graph = build(ledger)
    unknown = {jti for _, _, parents in tasks for jti in parents if not ledger.contains(jti)}
    missing = {n: d["jti"] for n, d in graph.nodes.data() if d["status"] == "missing"}
    assert sorted(missing.values()) == sorted(unknown)
    assert set(graph) - set(missing) == set(ledger.tasks)
    names = {jti: node for node, jti in missing.items()}
    assert set(graph.edges) == {
        (ledger.node(parent, wid) or names[parent], ledger.node(jti, wid))
        for jti, wid, parents in tasks
        for parent in parents
    }


@given(TASKS, st.lists(st.sampled_from([None, 0, EPOCH, EPOCH + 0.5]), min_size=8, max_size=8))
def test_attributes_are_plain_and_every_writer_takes_them(entry, tasks, times):
    entries = [
        entry(*task, iat=iat, header=Header("ES256", kid="k") if iat else None)
        for task, iat in zip(tasks, times, strict=False)
    ]
    graph = build(Ledger(entries))
    for _, data in graph.nodes.data():
        assert {"jti", "status"} <= set(data)
        assert all(type(value) in SCALARS for value in data.values())
    file = io.BytesIO()
    nx.write_graphml(graph, file)
    read = nx.read_graphml(io.BytesIO(file.getvalue()))
    assert set(read.edges) == set(graph.edges)
    assert dict(read.nodes.data()) == dict(graph.nodes.data())


@given(
    st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20),
    st.permutations("abcdefgh"),
)
def test_measures_agree_with_networkx(pairs, names):
    graph = nx.DiGraph()
    graph.add_nodes_from(names)
    graph.add_edges_from((names[u], names[v]) for u, v in pairs)
    shape = measure(graph)
    condensed = nx.condensation(graph)
    assert shape.depth == nx.dag_longest_path_length(condensed)
    depths = dict.fromkeys(condensed, 0)
    for component in nx.topological_sort(condensed):
        for child in condensed.successors(component):
            depths[child] = max(depths[child], depths[component] + 1)
    mapping = condensed.graph["mapping"]
    assert shape.deepest == min(node for node in graph if depths[mapping[node]] == shape.depth)
    knots = [sorted(c) for c in nx.strongly_connected_components(graph) if len(c) > 1]
    assert list(map(list, shape.knots)) == sorted(knots)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef"))), st.randoms())
def test_measures_do_not_depend_on_the_order_of_records(pairs, random):
    one, other = nx.DiGraph(pairs), nx.DiGraph(random.sample(pairs, len(pairs)))
    assert measure(one) == measure(other)
    for knot in measure(one).knots:
        assert shortest_cycle(one, knot) == shortest_cycle(other, knot)


def test_a_task_that_is_its_own_parent_is_no_knot():
    graph = nx.DiGraph([("a", "a"), ("a", "b")])
    shape = measure(graph)
    assert (shape.depth, shape.deepest, shape.knots) == (1, "b", ())


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=16))
def test_the_shortest_cycle_is_the_shortest_of_all(pairs):
    graph = nx.DiGraph((str(u), str(v)) for u, v in pairs)
    knots = measure(graph).knots
    assume(knots)
    for knot in knots:
        cycle = shortest_cycle(graph, knot)
        inside = nx.simple_cycles(graph.subgraph(knot))
        assert len(cycle) == min(len(found) for found in inside if len(found) > 1)
        assert len(set(cycle)) == len(cycle)
        assert set(cycle) <= set(knot)
        assert all(graph.has_edge(u, v) for u, v in pairwise([*cycle, cycle[0]]))


def test_a_search_cut_short_still_finds_a_cycle(monkeypatch):
    monkeypatch.setattr(graph_module, "CYCLE_SEARCH", 1)
    graph = nx.cycle_graph(9, nx.DiGraph())
    nx.add_cycle(graph, [5, 6, 9])
    cycle = shortest_cycle(graph, list(range(10)))
    assert len(cycle) == 9
    assert all(graph.has_edge(u, v) for u, v in pairwise([*cycle, cycle[0]]))


LONG = 30_000


@pytest.mark.parametrize("backwards", [False, True])
def test_a_chain_of_thirty_thousand_tasks(graph_of, backwards):
    tasks = [(f"t{n}", "w", [f"t{n - 1}"] if n else []) for n in range(LONG)]
    graph = graph_of(*(tasks[::-1] if backwards else tasks))
    shape = measure(graph)
    assert (len(graph), graph.number_of_edges()) == (LONG, LONG - 1)
    assert (shape.depth, shape.deepest, shape.knots) == (LONG - 1, f"t{LONG - 1}", ())


def test_a_cycle_of_thirty_thousand_tasks(graph_of):
    graph = graph_of(*((f"t{n}", "w", [f"t{(n - 1) % LONG}"]) for n in range(LONG)))
    shape = measure(graph)
    assert (shape.depth, len(shape.knots), len(shape.knots[0])) == (0, 1, LONG)
    assert len(shortest_cycle(graph, shape.knots[0])) == LONG


def test_thirty_thousand_parents_of_one_task(graph_of):
    roots = [f"t{n}" for n in range(LONG)]
    graph = graph_of(("a", "w", roots))
    assert graph.in_degree("a") == LONG
    assert measure(graph).depth == 1


def test_proven_is_the_view_of_what_verified():
    graph = build(sketch("a@0; b@5<a !flipped; c@9<b; d@9<a,z; e@9<a by=eve kid=nobody").ledger())
    view = proven(graph)
    assert set(view) == {task_id(name) for name in "acd"}
    assert list(view.edges) == [(task_id("a"), task_id("d"))]
    assert set(proven(build(sketch("a@0; !no-keys").ledger()))) == set()


def test_an_unreadable_record_and_a_token_without_jti_have_no_node(entry):
    ledger = Ledger([Entry(entry("x").record, None, Trust.INVALID), entry(None, parents=["p"])])
    assert list(build(ledger)) == []


# Ancestors


def crowded_leaves(graph: nx.DiGraph, limit: int) -> list[str]:
    """What `crowded` finds, by counting every ancestor of every leaf."""
    leaves = [task for task in graph if graph.out_degree(task) == 0]
    return [task for task in leaves if len(nx.ancestors(graph, task)) > limit]


PAIRS = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=40)


@given(PAIRS, st.integers(-1, 12), st.booleans())
def test_crowded_tasks_are_those_whose_ancestors_are_too_many(pairs, limit, acyclic):
    graph = nx.DiGraph()
    graph.add_nodes_from(range(12))
    graph.add_edges_from((u, v) for u, v in pairs if not acyclic or u < v)

    assert crowded(graph, limit) == [(task, True) for task in crowded_leaves(graph, limit)]


@given(PAIRS, st.integers(0, 8), st.integers(-1, 30))
def test_a_count_that_gives_up_still_tells_every_crowded_task(pairs, limit, search):
    graph = nx.DiGraph()
    graph.add_nodes_from(range(12))
    graph.add_edges_from(pairs)
    expected = crowded_leaves(graph, limit)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graph_module, "ANCESTOR_SEARCH", search)
        found = crowded(graph, limit)

    assert set(expected) <= {task for task, _ in found}
    assert [task for task, counted in found if counted and task not in expected] == []
    assert all(graph.out_degree(task) == 0 for task, _ in found)


def test_a_lattice_has_few_ancestors_by_very_many_ways():
    """Two tasks a step, each on both of the step before: 2**500 ways, 1000 ancestors."""
    graph = nx.DiGraph()
    for step in range(500):
        graph.add_edges_from(((step, a), (step + 1, b)) for a in "xy" for b in "xy")

    assert crowded(graph, 1000) == []
    assert crowded(graph, 999) == [((500, "x"), True), ((500, "y"), True)]


def test_a_chain_of_thirty_thousand_tasks_has_its_ancestors_counted():
    graph = nx.path_graph(LONG, nx.DiGraph())

    assert crowded(graph, LONG - 1) == []
    assert crowded(graph, LONG - 2) == [(LONG - 1, True)]


def test_thirty_thousand_children_of_one_join_are_counted_once(monkeypatch):
    graph = nx.DiGraph(("root", f"p{n}") for n in range(50))
    graph.add_edges_from((f"p{n}", "join") for n in range(50))
    graph.add_edges_from(("join", f"t{n}") for n in range(LONG))
    monkeypatch.setattr(graph_module, "ANCESTOR_SEARCH", 500)

    assert crowded(graph, 51) == [(f"t{n}", True) for n in range(LONG)]
    assert crowded(graph, 52) == []


def test_an_empty_graph_is_not_crowded():
    assert crowded(nx.DiGraph(), 0) == []
    assert crowded(nx.DiGraph(), -1) == []
