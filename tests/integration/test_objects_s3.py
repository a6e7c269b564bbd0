"""What only S3 has: refusals, servers that do not answer, many pages of keys."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pytest
from pydantic import SecretStr

from deid_core.errors import ServiceError, UnreadableAsset, UsageError
from infra import s3
from infra.objects import open_store
from infra.settings import Place


def test_a_wrong_secret_is_refused_by_the_store(s3_place: Place, bucket: str) -> None:
    """A wrong secret is an error of the service: the batch does not quarantine everything because of it."""
    place = s3_place.model_copy(update={"secret_key": SecretStr("wrong-secret")})
    store = open_store(f"s3://{bucket}", place)
    for act in (lambda: list(store.list()), lambda: store.put("a", b""), lambda: store.get("a", 1)):
        with pytest.raises(ServiceError, match="SignatureDoesNotMatch") as caught:
            act()
        assert "wrong-secret" not in str(caught.value)
    assert "wrong-secret" not in repr(place)


def test_a_bucket_that_is_not_there_is_an_error_of_the_service(s3_place: Place) -> None:
    """A missing bucket is no empty one."""
    store = open_store("s3://no-such-bucket-here", s3_place)
    for act in (lambda: list(store.list()), lambda: store.put("a", b""), lambda: store.get("a", 1)):
        with pytest.raises(ServiceError, match="NoSuchBucket"):
            act()


def test_one_object_that_may_not_be_read_does_not_end_the_batch(s3_place: Place, bucket: str) -> None:
    """An object that its owner keeps to himself is unreadable, the next one is read."""
    owner = s3.client(s3_place)
    owner.put_object(bucket, "open", BytesIO(b"x"), 1)
    policy = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*",'
        f'"Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::{bucket}","arn:aws:s3:::{bucket}/open"]}}]}}'
    )
    owner.put_object(bucket, "closed", BytesIO(b"x"), 1)
    owner.set_bucket_policy(bucket, policy)
    stranger = s3_place.model_copy(update={"access_key": "", "secret_key": SecretStr("")})
    store = open_store(f"s3://{bucket}", stranger)
    assert [info.key for info in store.list()] == ["closed", "open"]
    with pytest.raises(UnreadableAsset):
        store.get("closed", 9)
    assert store.get("open", 9) == b"x"


def test_a_server_that_does_not_answer_is_an_error_of_the_service() -> None:
    """Nobody listening ends in a ServiceError in seconds."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        endpoint = f"127.0.0.1:{listener.getsockname()[1]}"
        place = Place(endpoint=endpoint, access_key="a", secret_key=SecretStr("b"), secure=False)
        with pytest.raises(ServiceError):
            open_store("s3://bucket", place).get("a", 1)


@pytest.mark.parametrize("endpoint", ["", "http://host/path", "host:99999999"])
def test_an_endpoint_that_is_none_is_refused(endpoint: str) -> None:
    """A missing or malformed endpoint is the caller's fault."""
    with pytest.raises(UsageError):
        open_store("s3://bucket", Place(endpoint=endpoint))


def test_a_certificate_file_that_is_none_is_refused(tmp_path: Path) -> None:
    """A CA file that is missing or holds no certificate is the caller's fault."""
    (tmp_path / "ca.pem").write_text("nothing")
    for name in ("missing.pem", "ca.pem"):
        with pytest.raises(UsageError):
            open_store("s3://bucket", Place(endpoint="localhost:1", ca_file=tmp_path / name))


def test_more_keys_than_a_page_are_all_listed(s3_place: Place, bucket: str) -> None:
    """A listing goes on past the server's page of 1000 keys, and passes over markers of folders."""
    store = open_store(f"s3://{bucket}/many", s3_place)
    keys = {f"{number:05d}" for number in range(1050)}
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda key: store.put(key, b"x"), keys))
    s3.client(s3_place).put_object(bucket, "many/folder/", BytesIO(b""), 0)
    assert {info.key for info in store.list()} == keys


def test_a_key_that_no_folder_could_hold_is_told(s3_place: Place, bucket: str) -> None:
    """S3 allows keys such as `a//b`: they are listed as unreadable, not skipped."""
    s3.client(s3_place).put_object(bucket, "a//b", BytesIO(b"x"), 1)
    assert [(info.key, info.error) for info in open_store(f"s3://{bucket}", s3_place).list()] == [
        ("a//b", "unreadable")
    ]
