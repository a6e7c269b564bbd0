"""Fixtures: real servers from Debian's packages on 127.0.0.1, once a session, and places to store and to write."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import create_engine, text

from infra import s3
from infra.objects import ObjectStore, open_store
from infra.settings import Place

DEADLINE = 60.0  # seconds until a server has started
CEPH = ("ceph", "ceph-authtool", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin")
ACCESS, SECRET = "test-access", "test-secret"

CEPH_CONF = """[global]
fsid = {fsid}
mon host = v2:127.0.0.1:{mon_port}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
run dir = {folder}
crash dir = {folder}
admin socket =
log file = {folder}/$name.log
mon cluster log file = {folder}/cluster.log
mon data = {folder}/mon
osd data = {folder}/osd
keyring = {folder}/keyring
osd objectstore = memstore
memstore device bytes = 1073741824
osd crush chooseleaf type = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon max pg per osd = 2000
paxos propose interval = 0.05
paxos min wait = 0.01
rgw frontends = beast endpoint=127.0.0.1:{port}
rgw run sync thread = false
"""


def _missing(binaries: Sequence[str]) -> str:
    """Return why servers cannot be started: the binaries that are not installed, "" for none."""
    absent = [name for name in binaries if not (shutil.which(name) or _postgres_binary(name))]
    return f"not installed: {', '.join(absent)}" if absent else ""


def _postgres_binary(name: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else ""


def _free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def _process(
    command: Sequence[str], folder: Path, ending: signal.Signals, user: str | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process while the block runs; it is ended by its own id."""
    with (folder / f"{Path(command[0]).name}.out").open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output, user=user)
        try:
            yield process
        finally:
            process.send_signal(ending)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with closing(socket.create_connection(("127.0.0.1", port), 1)):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} did not start")


@contextmanager
def _postgres() -> Iterator[str]:
    """Run a PostgreSQL server of this block's own and give its URL without a database's name."""
    user = "postgres" if os.geteuid() == 0 else None  # the server refuses to run as root
    with tempfile.TemporaryDirectory(prefix="deidflow-pg-") as name:
        folder, port = Path(name), _free_port()
        if user:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        initdb = [_postgres_binary("initdb"), "-D", str(folder / "data"), "-U", "test", "-A", "trust", "--no-sync"]
        subprocess.run(initdb, check=True, capture_output=True, user=user, cwd=folder)
        command = [_postgres_binary("postgres"), "-D", str(folder / "data"), "-p", str(port), "-k", str(folder)]
        with _process([*command, "-c", "listen_addresses=127.0.0.1", "-F"], folder, signal.SIGQUIT, user) as process:
            _wait(port, process)
            yield f"postgresql://test@127.0.0.1:{port}"


@contextmanager
def _ceph() -> Iterator[str]:
    """Run a Ceph monitor, a store in memory and an S3 gateway of this block's own, and give its host:port."""
    with tempfile.TemporaryDirectory(prefix="deidflow-ceph-") as name, ExitStack() as running:
        folder, mon_port, port = Path(name), _free_port(), _free_port()
        fsid, osd = str(uuid.uuid4()), str(uuid.uuid4())
        for part in ("mon", "osd"):
            (folder / part).mkdir()
        conf = folder / "ceph.conf"
        conf.write_text(CEPH_CONF.format(fsid=fsid, mon_port=mon_port, port=port, folder=folder))

        def run(*command: str) -> None:
            here = ["-c", str(conf)]
            subprocess.run([*command, *here], check=True, capture_output=True, cwd=folder, timeout=DEADLINE)

        def start(*command: str) -> subprocess.Popen[bytes]:
            return running.enter_context(_process([*command, "-f", "-c", str(conf)], folder, signal.SIGKILL))

        run("ceph-authtool", "--create-keyring", "keyring", "--gen-key", "-n", "mon.", "--cap", "mon", "allow *")
        run("ceph-authtool", "keyring", "--gen-key", "-n", "client.rgw")
        run("monmaptool", "--create", "--addv", "a", f"[v2:127.0.0.1:{mon_port}]", "--fsid", fsid, "monmap")
        run("ceph-mon", "--mkfs", "-i", "a", "--monmap", "monmap", "--keyring", "keyring")
        _wait(mon_port, start("ceph-mon", "-i", "a"))
        run("ceph", "osd", "new", osd)
        run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
        start("ceph-osd", "-i", "0")
        # the gateway asks for a signed and sealed monitor by default, whatever the file says
        plain = ("--auth_client_required=none", "--ms_mon_client_mode=crc")
        gateway = start("radosgw", "-n", "client.rgw", "--keyring", str(folder / "keyring"), *plain)
        user = ("--uid", "test", "--display-name", "test", "--access-key", ACCESS, "--secret", SECRET)
        run("radosgw-admin", "user", "create", *user)
        _wait(port, gateway)
        yield f"127.0.0.1:{port}"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Run PostgreSQL for the session, or skip."""
    if reason := _missing(("initdb", "postgres")):
        pytest.skip(f"PostgreSQL is {reason} (Debian: postgresql)")
    with _postgres() as url:
        yield url


@pytest.fixture(scope="session")
def s3_place() -> Iterator[Place]:
    """Run Ceph's S3 gateway for the session, or skip."""
    if reason := _missing(CEPH):
        pytest.skip(f"Ceph is {reason} (Debian: radosgw ceph-mon ceph-osd)")
    with _ceph() as endpoint:
        yield Place(endpoint=endpoint, access_key=ACCESS, secret_key=SecretStr(SECRET), secure=False)


@pytest.fixture
def bucket(s3_place: Place) -> str:
    """Make a bucket of the test's own."""
    name = f"test-{uuid.uuid4().hex}"
    s3.client(s3_place).make_bucket(name)
    return name


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """Make a PostgreSQL database of the test's own."""
    name = f"test_{uuid.uuid4().hex}"
    engine = create_engine(f"{postgres_server.replace('://', '+psycopg://')}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return f"{postgres_server}/{name}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give an empty database: the law holds on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    """Give an empty store: the law holds in a folder and in S3."""
    if request.param == "folder":
        return open_store(str(tmp_path / "store"), create=True)
    place, name = request.getfixturevalue("s3_place"), request.getfixturevalue("bucket")
    return open_store(f"s3://{name}/a prefix", place)
