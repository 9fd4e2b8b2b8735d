"""The contract test kit for authors of plugins, and a pytest plugin.

A plugin comes with a :class:`Sandbox`: a fake of its tracker. ``./run sleuth plugin check
PATH`` tries the plugin against it, rule by rule; so do an author's own tests::

    pytest_plugins = ["sleuth.testing"]  # in conftest.py

    from sleuth.testing import contract  # in a test file

    test_contract = contract("my-plugins/mine.py")

Neither needs Flask, SQLAlchemy or rq, and the command does without pytest. Little is
imported here, because a sandbox that is served by itself imports this, too.
"""

from sleuth.testing.contract import contract, pytest_generate_tests, pytest_unconfigure
from sleuth.testing.sandbox import Sandbox

__all__ = ["Sandbox", "contract", "pytest_generate_tests", "pytest_unconfigure"]
