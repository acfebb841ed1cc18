"""What all tests share: a real Asterisk, and random examples that are the same in each run of the same tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from lcr_asterisk.pbx.root import AsteriskBinary, binary_in, ensure_asterisk

_REPOSITORY = Path(__file__).parents[1]

# A commit passes or it does not, however busy the machine is. To look for new examples: --hypothesis-profile=search
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("search", print_blob=True, deadline=None)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def asterisk_binary() -> AsteriskBinary:
    """The Asterisk under test: the one unpacked at LCR_ASTERISK_ROOT, else that of this machine or of ./var."""
    root = os.environ.get("LCR_ASTERISK_ROOT")
    if root is None:
        return ensure_asterisk(_REPOSITORY / "var", print)
    binary = binary_in(Path(root))
    assert binary is not None, f"LCR_ASTERISK_ROOT={root} holds no Asterisk that is new enough"
    return binary
