"""An S3 bucket, or a prefix of one, as an object store: MinIO, Ceph or any server that honours `If-None-Match: *`."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from urllib.parse import quote

import certifi
import urllib3
from minio import Minio
from minio.error import InvalidResponseError, S3Error, ServerError
from urllib3 import BaseHTTPResponse

from deid_core.errors import IntegrityError, LimitExceeded, ServiceError, UnreadableAsset, UsageError
from deid_core.ingest.pieces import Mapped
from infra.folder import MAPPED_FROM
from infra.objects import Content, ObjectInfo, checked
from infra.s3_bodies import Body, Client, at_once, laid_down
from infra.settings import Place

TIMEOUT = urllib3.Timeout(connect=5, read=60)
RETRIES = urllib3.Retry(total=3, backoff_factor=0.2, status_forcelist=(500, 502, 503, 504))
PART = 8 * 2**20  # bytes read at a time
MISSING = ("NoSuchKey", "NoSuchObject", "NoSuchVersion")
THERE_ALREADY = ("PreconditionFailed", "ConditionalRequestConflict")


def client(place: Place) -> Minio:
    """Make a client of a place; certificates are verified, nothing is read from the environment.

    Raises UsageError without an endpoint or with certificates that cannot be read.
    """
    if not place.endpoint:
        raise UsageError("an S3 store needs an endpoint: DEIDFLOW_<PLACE>__ENDPOINT")
    ca_file = str(place.ca_file or certifi.where())
    try:
        ssl.create_default_context(cafile=ca_file)
        pool = urllib3.PoolManager(
            timeout=TIMEOUT, retries=RETRIES, maxsize=10, cert_reqs="CERT_REQUIRED", ca_certs=ca_file
        )
        return Client(
            place.endpoint,
            access_key=place.access_key or None,
            secret_key=place.secret_key.get_secret_value() or None,
            secure=place.secure,
            region=place.region,
            http_client=pool,
        )
    except (ValueError, OSError) as error:
        raise UsageError(f"the S3 settings do not hold: {type(error).__name__}") from None


@contextmanager
def _errors() -> Iterator[None]:
    """Turn the client's errors into ours; theirs name the object, ours the code only."""
    try:
        yield
    except S3Error as error:
        if error.code in MISSING:
            raise UnreadableAsset("the object is not there") from None
        raise ServiceError(f"the S3 store refuses: {error.code}") from None
    except (InvalidResponseError, ServerError, urllib3.exceptions.HTTPError, OSError) as error:
        raise ServiceError(f"the S3 store does not answer: {type(error).__name__}") from None
    except ValueError:  # the client's own check of a key
        raise UnreadableAsset("S3 takes no such key") from None


class S3Store:
    """Keep objects in a bucket under a prefix ("" for all of it)."""

    def __init__(self, bucket: str, prefix: str, client: Minio) -> None:
        """Stand on a bucket; it is not made here."""
        self._bucket, self._client = bucket, client
        self._prefix = prefix + "/" if prefix else ""

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """Yield objects in the order of their keys; markers of folders (a last `/`, no bytes) are passed over."""
        with _errors():
            for item in self._client.list_objects(self._bucket, self._prefix + prefix, recursive=True):
                name, size = item.object_name or "", item.size or 0
                if not name.endswith("/") or size:
                    yield _info(name.removeprefix(self._prefix), size)

    def get(self, key: str, limit: int) -> bytes:
        """Return an object's bytes; see ObjectStore."""
        data = self._read(key, limit + 1)
        if len(data) > limit:
            raise LimitExceeded(f"the object holds more than {limit} bytes")
        return data

    def part(self, key: str, start: int, end: int) -> bytes:
        """Return some bytes of an object; see ObjectStore."""
        return self._read(key, end - start, start, end - start)

    def _read(self, key: str, most: int, start: int = 0, asked: int = 0) -> bytes:
        data = bytearray()
        with self._opened(key, start, asked) as response:
            while len(data) < most and (part := response.read(min(PART, most - len(data)))):
                data += part
        return bytes(data)

    @contextmanager
    def _opened(self, key: str, start: int = 0, asked: int = 0) -> Iterator[BaseHTTPResponse]:
        name = self._name(key)
        try:
            with _errors():
                response = self._client.get_object(self._bucket, name, offset=start, length=asked)
                try:
                    yield response
                finally:
                    response.close()
                    response.release_conn()
        except ServiceError as error:
            if "AccessDenied" in str(error):  # this object's bytes are not ours to read; others may be
                raise UnreadableAsset("the object may not be read") from None
            raise

    def view(self, key: str, limit: int) -> Mapped:
        """Return an object's bytes; many are mapped from a file without a name, where temporary ones lie."""
        with self._opened(key) as response:
            size = int(response.headers.get("Content-Length", 0))
            if size > limit:
                raise LimitExceeded(f"the object holds more than {limit} bytes")
            if size >= MAPPED_FROM:
                return laid_down(iter(lambda: response.read(PART), b""), size)
        return self.get(key, limit)

    def put(self, key: str, data: Content, *, create_only: bool = True) -> bool:
        """Write an object in one request, conditionally, many bytes of it as they are made: see `Body`."""
        held = at_once(data, PART)
        return self._written(self._name(key), held, create_only=create_only) or self._same(key, held)

    def together(self) -> AbstractContextManager[None]:
        """Do nothing: the server answers a put when it is safe."""
        return nullcontext()

    def _written(self, name: str, data: bytes | Body, *, create_only: bool) -> bool:
        """Write, and say False where the object is there already."""
        headers: dict[str, str | list[str] | tuple[str]] = {"Content-Type": "application/octet-stream"}
        if create_only:
            headers["If-None-Match"] = "*"
        try:
            with _errors():
                # put_object has no way to pass a condition; this is the one request under it
                self._client._put_object(self._bucket, name, data, headers)  # noqa: SLF001
        except ServiceError as error:
            if create_only and any(code in str(error) for code in THERE_ALREADY):
                return False
            raise
        return True

    def _same(self, key: str, data: bytes | Body) -> bool:
        pieces = iter(data.pieces()) if isinstance(data, Body) else iter((data,))
        with self._opened(key) as response:
            same = all(response.read(len(piece)) == piece for piece in pieces) and not response.read(1)
        if not same:
            raise IntegrityError("other bytes are stored under this key already")
        return False

    def exists(self, key: str) -> bool:
        """Say whether an object has this key."""
        name = self._name(key)
        try:
            with _errors():
                self._client.stat_object(self._bucket, name)
        except UnreadableAsset:
            return False
        return True

    def delete(self, key: str) -> None:
        """Delete an object; see ObjectStore."""
        with _errors():
            self._client.remove_object(self._bucket, self._name(key))

    def url(self, key: str) -> str:
        """Return the object's address."""
        return f"s3://{self._bucket}/{quote(self._name(key))}"

    def _name(self, key: str) -> str:
        return self._prefix + checked(key)


def _info(key: str, size: int) -> ObjectInfo:
    try:
        return ObjectInfo(checked(key), size)
    except UnreadableAsset:
        return ObjectInfo(key, size, "unreadable")
