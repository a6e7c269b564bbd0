"""The errors deidflow raises; none of their messages ever carries an identifier's value.

DeidflowError                  exit 1
├── UsageError                 exit 2   the caller asked for something that cannot be
│   ├── PolicyError                     a policy is malformed or names what does not exist
│   ├── KeyFileError                    a project key is missing, short or readable by others
│   └── MissingExtra                    an optional dependency is not installed
├── Quarantine                 exit 3   one asset cannot be handled, the batch goes on; 3 where they differ
│   ├── EmptyAsset              exit 10  an asset of no bytes
│   ├── UnsupportedFormat       exit 11  unknown content, or a container we do not open
│   ├── MismatchedFormat        exit 12  the name claims one format, the content is another
│   ├── MalformedAsset          exit 13  truncated, corrupt or hostile content
│   ├── LimitExceeded           exit 14  a decompression bomb, or larger than we accept
│   ├── UnreadableAsset         exit 15  no permission, or it disappeared
│   ├── ChangedAsset            exit 16  the bytes are not those that were planned
│   ├── UncertainAsset          exit 17  understood in part only, so never released
│   └── ResidualIdentifier      exit 18  verification found something left
├── IntegrityError             exit 4   an audit chain, manifest or release does not verify
└── ServiceError               exit 5   a store, database or server does not answer or refuses
"""

from __future__ import annotations

from typing import ClassVar


class DeidflowError(Exception):
    """Stand at the root of every error of this project."""

    exit_code: ClassVar[int] = 1


class UsageError(DeidflowError):
    """Report a request that cannot be met as asked."""

    exit_code = 2


class PolicyError(UsageError):
    """Report a policy that is malformed or names what does not exist."""


class KeyFileError(UsageError):
    """Report a project key that is missing, too short or readable by others."""


class MissingExtra(UsageError):
    """Report an optional dependency that is not installed, and the extra that brings it."""


class Quarantine(DeidflowError):
    """Set one asset aside with a reason; `reason` is its stable code."""

    exit_code = 3
    reason: ClassVar[str] = "quarantined"


class EmptyAsset(Quarantine):
    """Report an asset of no bytes."""

    exit_code = 10
    reason = "empty"


class UnsupportedFormat(Quarantine):
    """Report content of a format that no reader knows."""

    exit_code = 11
    reason = "unsupported_format"


class MismatchedFormat(Quarantine):
    """Report a name that claims one format over content of another."""

    exit_code = 12
    reason = "mismatched_format"


class MalformedAsset(Quarantine):
    """Report truncated, corrupt or hostile content."""

    exit_code = 13
    reason = "malformed"


class LimitExceeded(Quarantine):
    """Report content that is, or unpacks to, more than is accepted."""

    exit_code = 14
    reason = "limit_exceeded"


class UnreadableAsset(Quarantine):
    """Report bytes that could not be read: no permission, or gone."""

    exit_code = 15
    reason = "unreadable"


class ChangedAsset(Quarantine):
    """Report bytes that are no longer those that were planned."""

    exit_code = 16
    reason = "changed"


class UncertainAsset(Quarantine):
    """Report an asset understood in part only."""

    exit_code = 17
    reason = "uncertain"


class ResidualIdentifier(Quarantine):
    """Report an identifier that verification found in the output."""

    exit_code = 18
    reason = "residual_identifier"


class IntegrityError(DeidflowError):
    """Report a chain, manifest or release that does not verify."""

    exit_code = 4


class ServiceError(DeidflowError):
    """Report a store, database or server that does not answer or refuses."""

    exit_code = 5
