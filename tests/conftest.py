"""What all tests share: the folder of real data."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)  # a slow or busy machine is no fault of the program
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real test data: ``ESTATEGAP_TEST_DATA``, else ``../shared/data`` from the project's root."""
    folder = Path(os.environ.get("ESTATEGAP_TEST_DATA") or Path(__file__).parents[2] / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"the test data folder {folder} is absent; name it in ESTATEGAP_TEST_DATA")
    return folder
