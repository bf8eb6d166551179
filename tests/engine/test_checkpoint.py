"""A checkpoint gives back what was kept, or nothing: whatever else stands in its file is not taken and runs nothing."""

from __future__ import annotations

import io
import logging
import os
import pickle
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo_border.engine import Checkpoint, Checkpoints, LocalEngine, ResultKind, open_checkpoints
from geo_border.engine import checkpoint as checkpoint_module
from geo_border.geo.overlay import LatticeParts
from geo_border.geo.polygon_arrays import pack_polygons, unpack_polygons
from geo_border.zonal.run import PartialKind
from geo_border.zonal.strip import Tabulation
from geo_border.zones.buffers import ReachKind
from geo_border.zones.units import CutKind, LandTile, TileUnits
from tests.kinds import KEY, NUMBER

EMPTY, SQUARE = shapely.Polygon(), shapely.box(0, 0, 9, 9)
RING = SQUARE.difference(shapely.box(1.1, 1.2, 2.3, 2.4))
PAIR = shapely.MultiPolygon([RING, shapely.box(20, 20, 21, 21)])
Arrays = dict[str, np.ndarray]


def array_of(*shapes: Any) -> np.ndarray:
    out = np.empty(len(shapes), dtype=object)
    out[:] = shapes
    return out


def whole(*numbers: int) -> np.ndarray:
    return np.array(numbers, dtype=np.int64)


def tile_of(number: int) -> LandTile:
    nothing = LatticeParts(whole(), whole(), whole(), array_of(), 64_000.0)
    return LandTile(number, nothing, nothing, nothing)


CUTS = {
    3: TileUnits(whole(0, 1), whole(-1, 2), whole(5, 6), whole(7, 8), array_of(SQUARE, PAIR), whole(1), array_of(RING)),
    4: TileUnits(whole(), whole(), whole(), whole(), array_of(), whole(), array_of()),
    9: TileUnits(whole(1), whole(0), whole(-3), whole(0), array_of(RING), whole(0, 0), array_of(SQUARE, PAIR)),
}
REACHES = {0: [SQUARE, PAIR], 1: [RING, shapely.MultiPolygon([SQUARE])]}
LINES = np.array([[0, 5, 1, 0, 7], [0, 6, 1, 0, 7], [2, 5, 1, 3, 9]], dtype=np.int64)
# Every kind of result that is kept: the kind, its tasks, a result.
KINDS: dict[str, tuple[ResultKind[Any, Any], list[Any], Any]] = {
    "reach": (ReachKind(2), [(0, np.zeros((2, 2))), (1, np.ones((3, 2)))], REACHES),
    "units": (CutKind(2, 3), [tile_of(9), tile_of(3), tile_of(4)], CUTS),
    "strips": (PartialKind(Tabulation("class", "exact"), 3), [(0, 0, 9), (1, 0, 9)], (LINES, whole(0, 2))),
}


def flat(value: Any) -> Any:
    """A result as what can be compared, type by type and bit by bit."""
    if isinstance(value, shapely.Geometry):
        return value.geom_type, shapely.to_wkb(value)
    if isinstance(value, np.ndarray):
        return (
            value.dtype.str,
            value.shape,
            [flat(one) for one in value] if value.dtype == object else value.tobytes(),
        )
    if isinstance(value, dict):
        return {key: flat(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [flat(one) for one in value]
    return flat(vars(value)) if isinstance(value, TileUnits) else value


@pytest.mark.parametrize("name", KINDS)
def test_what_was_kept_comes_back_bit_by_bit(name: str, tmp_path: Path) -> None:
    kind, tasks, result = KINDS[name]
    checkpoint = Checkpoints(tmp_path, "v1", KEY).open(b"work", kind)
    assert checkpoint.load(tasks) is None
    checkpoint.save(tasks, result)
    # Of a fresh process, which knows only the folder.
    assert flat(Checkpoints(tmp_path, "v1", KEY).open(b"work", kind).load(tasks)) == flat(result)
    assert checkpoint.load(tasks[:1]) is None


@pytest.mark.parametrize(("code", "work", "name"), [("v2", b"work", "reach"), ("v1", b"other", "reach")])
def test_another_version_or_another_work_takes_nothing_of_it(code: str, work: bytes, name: str, tmp_path: Path) -> None:
    kind, tasks, result = KINDS[name]
    Checkpoints(tmp_path, "v1", KEY).open(b"work", kind).save(tasks, result)
    assert Checkpoints(tmp_path, code, KEY).open(work, kind).load(tasks) is None


# One change each of sound arrays, by the kind that it is for and what it makes of them.
def with_(**changed: Any) -> Callable[[Arrays], Arrays]:
    return lambda arrays: {**arrays, **{key: of(arrays[key]) for key, of in changed.items()}}


def nan(xy: np.ndarray) -> np.ndarray:
    return np.where(np.arange(xy.size).reshape(xy.shape) == 3, np.nan, xy)


def longer(values: np.ndarray) -> np.ndarray:
    return np.concatenate((values, values[-1:]))


def shorter(values: np.ndarray) -> np.ndarray:
    return values[:-1]


def put(at: int, value: int) -> Callable[[np.ndarray], np.ndarray]:
    def change(values: np.ndarray) -> np.ndarray:
        changed = values.copy()
        changed.flat[at] = value
        return changed

    return change


HOSTILE: dict[str, tuple[str, Callable[[Arrays], Arrays]]] = {
    "a vertex that is not a number": ("reach", with_(reach_xy=nan)),
    "an infinite vertex": ("units", with_(water_xy=lambda xy: np.where(xy == 9, np.inf, xy))),
    "fewer vertices": ("reach", with_(reach_xy=shorter)),
    "vertices in space": ("reach", with_(reach_xy=lambda xy: np.column_stack((xy, xy[:, 0])))),
    "a ring of three": ("reach", with_(reach_ring=put(0, 3), reach_xy=lambda xy: xy[2:])),
    "a ring of less than nothing": ("reach", with_(reach_ring=lambda ring: ring * [-1, *[1] * (len(ring) - 1)])),
    "counts whose sum runs over": ("reach", with_(reach_ring=put(0, 2**62))),
    "one part more": ("reach", with_(reach_part=longer)),
    "a polygon of two parts": ("reach", with_(reach_multi=lambda multi: multi * 0)),
    "a multipolygon flag of 7": ("units", with_(shape_multi=put(0, 7))),
    "an invalid polygon": ("reach", with_(reach_xy=lambda xy: xy[[0, 2, 1, *range(3, len(xy))]])),
    "one polygon less": ("reach", lambda arrays: {"number": whole(0, 1), **pack_polygons("reach", [SQUARE] * 3)}),
    "other pieces": ("reach", with_(number=put(0, 7))),
    "the same piece twice": ("reach", with_(number=put(0, 1))),
    "units of other tiles": ("units", with_(tile=put(0, 5))),
    "tiles in another order": ("units", with_(tile=lambda tile: tile[::-1])),
    "more units than there are": ("units", with_(units=put(0, 9))),
    "units of less than nothing": ("units", with_(units=lambda _: whole(4, -1, 0))),
    "units whose sum runs over": ("units", with_(units=lambda _: whole(2**62, 2**62, 2**62))),
    "a piece that is none": ("units", with_(piece=put(0, 2))),
    "a piece from the end": ("units", with_(piece=put(0, -1))),
    "an administrative unit that is none": ("units", with_(admin=put(0, 3))),
    "one column shorter": ("units", with_(row=shorter)),
    "water in a unit of another tile": ("units", with_(wet=put(0, 2))),
    "water in none": ("units", with_(wet=put(0, -1))),
    "one part of water less": ("units", with_(wet=shorter)),
    "sums of another question": ("strips", with_(lines=lambda lines: lines[:, :4])),
    "sums of a zone that is none": ("strips", with_(lines=put(0, 3))),
    "sums of a zone from the end": ("strips", with_(lines=put(0, -1))),
    "a zone that is none": ("strips", with_(suspects=put(1, 3))),
    "zones twice": ("strips", with_(suspects=put(1, 0))),
    "a line twice": ("strips", with_(lines=longer)),
}


def written(arrays: dict[str, Any]) -> bytes:
    """An archive as an attacker may write it: numpy's own, with whatever in it."""
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def sign(checkpoint: Checkpoint[Any, Any], tasks: list[Any], archive: bytes, key: bytes = KEY) -> Path:
    """Put an archive where the checkpoint looks, signed as by this user: only its content can give it away."""
    file = checkpoint._file(tasks)
    name = f"{checkpoint.path.name}/{file.name}".encode()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(checkpoint_module._FORMAT + checkpoint_module._sign(name, archive, key) + archive)
    return file


def assert_ignored(checkpoint: Checkpoint[Any, Any], tasks: list[Any], caplog: pytest.LogCaptureFixture) -> None:
    caplog.clear()
    with caplog.at_level(logging.WARNING, "geo_border"):
        assert checkpoint.load(tasks) is None
        assert checkpoint.load(tasks) is None
    (record,) = caplog.records
    assert "computed anew" in record.getMessage()
    assert "\n" not in record.getMessage()


@pytest.mark.parametrize("what", HOSTILE)
def test_sound_arrays_that_say_what_cannot_be_are_ignored(
    what: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    name, change = HOSTILE[what]
    kind, tasks, result = KINDS[name]
    checkpoint = Checkpoints(tmp_path, "v1", KEY).open(b"work", kind)
    arrays = kind.encode(result)
    sign(checkpoint, tasks, written(arrays))
    assert flat(checkpoint.load(tasks)) == flat(result), "the harness itself is at fault"
    sign(checkpoint, tasks, written(change(arrays)))
    assert_ignored(checkpoint, tasks, caplog)


class Payload:
    """Unpickled, it writes a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.write_text, (self.file, "code of a checkpoint ran"))


def packed(members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def npy(array: np.ndarray, header: bytes | None = None) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array)
    data = stream.getvalue()
    if header is None:
        return data
    padded = header.ljust(117) + b"\n"
    return data[:8] + len(padded).to_bytes(2, "little") + padded + array.tobytes()


def with_header(text: str) -> bytes:
    return packed({"number.npy": npy(whole(7), text.encode())})


ARCHIVES: dict[str, Callable[[Path], bytes]] = {
    "nothing": lambda _: b"",
    "noise": lambda _: os.urandom(500),
    "a pickle": lambda mark: pickle.dumps(Payload(mark)),
    "an object array": lambda mark: written({"number": np.array([Payload(mark)], dtype=object)}),
    "a pickle named as an array": lambda mark: packed({"number.npy": pickle.dumps(Payload(mark))}),
    "an object array beside": lambda mark: written({"number": whole(7), "more": np.array([Payload(mark)], object)}),
    "no array": lambda _: written({}),
    "an array of another name": lambda _: written({"size": whole(7)}),
    "an array twice": lambda _: duplicate(),
    "small integers": lambda _: written({"number": np.array([7], np.int32)}),
    "other byte order": lambda _: written({"number": np.array([7], ">i8")}),
    "unsigned": lambda _: written({"number": np.array([7], np.uint64)}),
    "fractions": lambda _: written({"number": np.array([7.0])}),
    "text": lambda _: written({"number": np.array(["7"])}),
    "records": lambda _: written({"number": np.array([(7,)], dtype=[("a", "<i8")])}),
    "no dimension": lambda _: written({"number": np.array(7)}),
    "two dimensions": lambda _: written({"number": whole(7).reshape(1, 1)}),
    "fortran order": lambda _: with_header("{'descr': '<i8', 'fortran_order': True, 'shape': (1,), }"),
    "two numbers": lambda _: written({"number": whole(7, 8)}),
    "a gigantic shape": lambda _: with_header(
        "{'descr': '<i8', 'fortran_order': False, 'shape': (999999999999999,), }"
    ),
    "a shape beyond 64 bits": lambda _: with_header(
        f"{{'descr': '<i8', 'fortran_order': False, 'shape': ({'9' * 60},), }}"
    ),
    "a negative shape": lambda _: with_header("{'descr': '<i8', 'fortran_order': False, 'shape': (-1,), }"),
    "a header that is code": lambda mark: with_header(f"open({str(mark)!r}, 'w')"),
    "a header cut short": lambda _: packed({"number.npy": npy(whole(7))[:40]}),
    "data cut short": lambda _: packed({"number.npy": npy(whole(7))[:-1]}),
    "data too long": lambda _: packed({"number.npy": npy(whole(7)) + b"x"}),
    "a packed array": lambda _: packed({"number.npy": npy(whole(7))}, zipfile.ZIP_DEFLATED),
    "a zip bomb": lambda _: packed({"number.npy": npy(np.zeros(10_000_000, np.int64))}, zipfile.ZIP_DEFLATED),
    "a size that is not so": lambda _: larger(packed({"number.npy": npy(whole(7))})),
    "a zip cut short": lambda _: written({"number": whole(7)})[:-30],
    "a zip damaged": lambda _: written({"number": whole(7)}).replace(b"\x07\0\0\0", b"\x08\0\0\0"),
    "a path": lambda _: packed({"../number.npy": npy(whole(7))}),
}


def duplicate() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("number.npy", npy(whole(7)))
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("number.npy", npy(whole(8)))
    return stream.getvalue()


def larger(archive: bytes) -> bytes:
    """The same archive, whose directory says that its array has 4 GB."""
    at = archive.index(b"PK\x01\x02")
    return archive[: at + 24] + b"\xf0\xff\xff\xff" + archive[at + 28 :]


@pytest.mark.parametrize("what", ARCHIVES)
def test_an_archive_of_anything_else_is_ignored_though_it_is_signed(
    what: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mark = tmp_path / "ran"
    checkpoint = Checkpoints(tmp_path / "kept", "v1", KEY).open(b"work", NUMBER)
    sign(checkpoint, [0], written({"number": whole(7)}))
    assert checkpoint.load([0]) == 7, "the harness itself is at fault"
    sign(checkpoint, [0], ARCHIVES[what](mark))
    assert_ignored(checkpoint, [0], caplog)
    assert not mark.exists()


def plant_pickle(file: Path, mark: Path) -> None:
    file.write_bytes(pickle.dumps(Payload(mark)))


def plant_other_version(file: Path, _: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b"checkpoint 1", b"checkpoint 2"))


def plant_link(file: Path, _: Path) -> None:
    file.rename(file.with_suffix(".elsewhere"))
    file.symlink_to(file.with_suffix(".elsewhere"))


def plant_pipe(file: Path, _: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def plant_endless(file: Path, _: Path) -> None:
    file.unlink()
    file.symlink_to("/dev/zero")


def plant_folder(file: Path, _: Path) -> None:
    file.unlink()
    file.mkdir()


def plant_huge(file: Path, _: Path) -> None:
    os.truncate(file, 1 << 40)


PLANTS = [plant_pickle, plant_other_version, plant_link, plant_pipe, plant_endless, plant_folder, plant_huge]


@pytest.mark.skipif(os.name == "nt", reason="pipes and devices are of POSIX")
@pytest.mark.parametrize("plant", PLANTS)
def test_what_is_no_file_of_ours_is_ignored(
    plant: Callable[[Path, Path], None], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    checkpoint = Checkpoints(tmp_path / "kept", "v1", KEY).open(b"work", NUMBER)
    checkpoint.save([0], 7)
    (file,) = checkpoint.path.iterdir()
    plant(file, tmp_path / "ran")
    assert_ignored(checkpoint, [0], caplog)
    assert not (tmp_path / "ran").exists()


def test_what_another_user_signed_is_ignored(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Checkpoints(tmp_path, "v1", bytes(32)).open(b"work", NUMBER).save([0], 8)
    assert_ignored(Checkpoints(tmp_path, "v1", KEY).open(b"work", NUMBER), [0], caplog)


@pytest.mark.parametrize("moved", ["to other tasks", "to other work"])
def test_a_checkpoint_moved_to_another_place_is_ignored(
    moved: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    checkpoints = Checkpoints(tmp_path, "v1", KEY)
    one, other = checkpoints.open(b"one", NUMBER), checkpoints.open(b"other", NUMBER)
    one.save([0], 7)
    target, tasks = (one, [1]) if moved == "to other tasks" else (other, [0])
    target.path.mkdir(exist_ok=True)
    one._file([0]).rename(target._file(tasks))
    assert_ignored(target, tasks, caplog)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_kept_result_that_is_not_whole_is_not_taken(where: int, flip: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Checkpoints(Path(folder), "v1", KEY).open(b"k", NUMBER)
        checkpoint.save([0], 9)
        (file,) = checkpoint.path.iterdir()
        content = bytearray(file.read_bytes())
        where %= len(content)
        content[where] ^= flip
        file.write_bytes(content)
        assert checkpoint.load([0]) is None
        file.write_bytes(content[:where])
        assert checkpoint.load([0]) is None


def test_work_whose_checkpoints_are_hostile_gives_the_same_result(tmp_path: Path) -> None:
    def add(numbers: Any) -> int:
        return sum(numbers)

    checkpoints = Checkpoints(tmp_path / "kept", "v1", KEY)
    assert LocalEngine(1, checkpoints).reduce(abs, range(200), add, key=b"k", kind=NUMBER) == sum(range(200))
    files = list((tmp_path / "kept").rglob("*.checkpoint"))
    assert len(files) == 4
    for number, file in enumerate(files):
        file.write_bytes([b"", pickle.dumps(Payload(tmp_path / "ran")), os.urandom(99), file.read_bytes()[:-1]][number])
    assert LocalEngine(1, checkpoints).reduce(abs, range(200), add, key=b"k", kind=NUMBER) == sum(range(200))
    assert not (tmp_path / "ran").exists()
    ran: list[int] = []
    LocalEngine(1, checkpoints).reduce(ran.append, range(200), add, key=b"k", kind=NUMBER)
    assert ran == [], "what was computed anew is kept anew"


def test_removing_leaves_nothing_of_this_run_and_nothing_that_was_given_up_long_ago(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    for number, name in enumerate(("mine", "given up", "another's")):
        checkpoint = Checkpoints(kept, "v1", KEY).open(name.encode(), NUMBER)
        checkpoint.save([0], number)
        if name == "given up":
            os.utime(checkpoint.path, (0, 0))
    checkpoints = Checkpoints(kept, "v1", KEY)
    mine = checkpoints.open(b"mine", NUMBER)
    assert mine.load([0]) == 0
    # What a kill in the middle of writing leaves.
    (mine.path / ".partial-x").mkdir()
    checkpoints.remove()
    assert not mine.path.exists()
    assert [Checkpoint(path, NUMBER, KEY).load([0]) for path in kept.iterdir()] == [2]


def test_removing_touches_nothing_that_bears_no_name_of_ours(tmp_path: Path) -> None:
    kept, elsewhere = tmp_path / "kept", tmp_path / "elsewhere"
    for folder in (kept / "documents", elsewhere):
        folder.mkdir(parents=True)
        (folder / "letter.txt").write_text("dear")
        os.utime(folder, (0, 0))
    (kept / ("0" * 16)).symlink_to(elsewhere)
    os.utime(kept / ("0" * 16), (0, 0), follow_symlinks=False)
    checkpoints = Checkpoints(kept, "v1", KEY)
    checkpoints.open(b"work", NUMBER).save([0], 7)
    checkpoints.remove()
    assert (kept / "documents" / "letter.txt").read_text() == (elsewhere / "letter.txt").read_text() == "dear"


def test_a_folder_that_is_a_link_serves_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "home").mkdir()
    (tmp_path / ".kept").symlink_to(tmp_path / "home")
    assert open_checkpoints(tmp_path / ".kept", "v1") is None
    assert open_checkpoints(None, "v1") is None


def test_the_key_is_the_users_alone_and_stays_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for number in (7, None):
        checkpoints = open_checkpoints(tmp_path / "kept", "v1")
        assert checkpoints is not None
        if number is not None:
            checkpoints.open(b"work", NUMBER).save([0], number)
        assert checkpoints.open(b"work", NUMBER).load([0]) == 7
    key = tmp_path / "cache" / "geo-border" / "checkpoint.key"
    assert len(key.read_bytes()) == 32
    assert key.parent.stat().st_mode & 0o777 == 0o700
    assert key.stat().st_mode & 0o077 == 0
    assert key.read_bytes() not in b"".join(path.read_bytes() for path in (tmp_path / "kept").rglob("*.checkpoint"))
    key.write_bytes(b"short")
    assert open_checkpoints(tmp_path / "kept", "v1") is None


def test_a_full_disk_costs_the_checkpoint_and_not_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "kept").write_text("a file where the folder should be")
    checkpoints = Checkpoints(tmp_path / "kept", "v1", KEY)
    with caplog.at_level(logging.WARNING, "geo_border"):
        assert LocalEngine(1, checkpoints).reduce(abs, range(200), sum, key=b"k", kind=NUMBER) == sum(range(200))
    assert sum("not kept" in record.getMessage() for record in caplog.records) == 1


coordinates = st.floats(-1e7, 1e7, allow_nan=False)
boxes = st.tuples(coordinates, coordinates, st.floats(1, 1e6), st.floats(1, 1e6)).map(
    lambda b: shapely.box(b[0], b[1], b[0] + b[2], b[1] + b[3])
)
shapes = st.one_of(
    st.just(EMPTY),
    st.just(shapely.MultiPolygon()),
    boxes,
    st.tuples(boxes, boxes).map(lambda pair: pair[0].difference(pair[1].buffer(-0.1))),
    st.lists(boxes, min_size=1, max_size=4).map(shapely.MultiPolygon),
).filter(lambda shape: shape.geom_type in ("Polygon", "MultiPolygon"))


@given(st.lists(shapes, max_size=6))
def test_polygons_of_every_form_come_back_vertex_for_vertex(some: list[Any]) -> None:
    back = unpack_polygons("a", pack_polygons("a", array_of(*some)))
    assert [flat(shape) for shape in back] == [flat(shape) for shape in some]


@pytest.mark.parametrize("shape", [None, shapely.Point(0, 0), shapely.GeometryCollection(), shapely.box(0, 0, 1, 1)])
def test_what_is_no_polygon_of_the_plane_is_refused(shape: Any) -> None:
    if shape is not None and shape.geom_type == "Polygon":
        shape = shapely.force_3d(shape)
    with pytest.raises(ValueError, match="neither a polygon"):
        pack_polygons("a", array_of(shape))
