"""The operator that writes a subject's code where an identifier of the subject was."""

from __future__ import annotations

from deid_core.ports import Site, keyed_code, operator
from deid_core.standards.vr import conform


@operator("Replace the value with its subject's code, the same in every record of the subject.")
def subject_code(value: str, site: Site) -> str:  # noqa: ARG001 - the code is the subject's, not the value's
    """Return the code of the site's subject: for values that belong to a subject, as an MRN or a Patient ID does.

    45 CFR 164.514(c) wants a code that is not derived from information about the person: there `site.code` gives
    random codes from a vault. Without it the code is derived from the project key, which pseudonymised releases may.
    Where a DICOM VR cannot hold the code (a number, a date), nothing.
    """
    code = site.code or keyed_code(site.key)
    return conform(code(site.subject_key), site.vr)
