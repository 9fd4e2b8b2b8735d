"""The example plugin with one mistake in it, as authors make them; forty-odd of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """One mistake.

    Args:
        rule: That finds it.
        mistake: In a few words; names the test.
        old: What the plugin says, exactly once.
        new: What it says instead; ``_TURNS`` counts how often it was asked.
    """

    rule: str
    mistake: str
    old: str
    new: str


COUNTER = "\n_TURNS = __import__('itertools').count()\n"
HEAD = 'T = TypeVar("T")\n'
INFO_END = '        docs_url="https://example.org/docs/auth-tokens",\n'
COLLECT = '    series = _get(tracker, f"/projects/{config.project_key}/errors", window)\n'
LAST_ERROR = 'return TrackerError(f"Example has a problem of its own (status {answer.status}).")'
REFUSED = "        return TrackerError(message, permanent=True, reason=reason)\n"
ACCOUNT = "    return TokenCheck(ok=True,"
SERIES = "    return _series_of(series)\n"
VOUCHED = "    return __import__('dataclasses').replace(_series_of(series), complete_until={})\n"
POINT = '(datetime.fromisoformat(row["minute"]), _count(row["errors"]))'
START = 'datetime.fromisoformat(row["minute"])'
ROWS = 'for row in _a(list, series["minutes"])'

MUTANTS = (
    Mutant(
        "C101",
        "a hook is not marked as one",
        "@hookimpl\ndef sleuth_list_projects",
        "def sleuth_list_projects",
    ),
    Mutant(
        "C102",
        "something is asked while it is imported",
        HEAD,
        HEAD + "import socket\n"
        "try:\n    socket.create_connection(('127.0.0.1', 9))\nexcept OSError:\n    pass\n",
    ),
    Mutant(
        "C103",
        "its description tells the time",
        'description="Enable Example to see how a tracker plugin works."',
        'description=f"Enable Example, at {datetime.now()} already."',
    ),
    Mutant("C104", "it does not say where the token is explained", INFO_END, ""),
    Mutant(
        "C104",
        "it does not say where the token is found",
        'token_help="The server prints it when it starts."',
        'token_help=""',
    ),
    Mutant(
        "C105",
        "the token is not secret",
        'CredentialField("token", "Auth Token")',
        'CredentialField("token", "Auth Token", is_secret=False)',
    ),
    Mutant(
        "C105",
        "the token that works does not match its pattern",
        'CredentialField("token", "Auth Token")',
        'CredentialField("token", "Auth Token", pattern="[0-9]+", pattern_message="Digits.")',
    ),
    Mutant("C106", "no scope is required", '        required_scopes=("errors:read",),\n', ""),
    Mutant("C107", "no host is declared", "is_url=True, is_required=True", "is_required=True"),
    Mutant(
        "C108",
        "it claims to know events without an environment",
        INFO_END,
        INFO_END + "        capabilities=__import__('sleuth.plugin_api').plugin_api.Capabilities("
        "has_no_environment=True),\n",
    ),
    Mutant(
        "C109",
        "the environment is not asked for",
        '        ImpactField("environment", "Source Environment", "text", is_required=False),\n',
        "",
    ),
    Mutant(
        "C109",
        "something is asked for that nobody can fill in",
        '        ImpactField("environment", "Source Environment", "text", is_required=False),\n',
        '        ImpactField("environment", "Source Environment", "text", is_required=False),\n'
        '        ImpactField("team", "Team", "text"),\n',
    ),
    Mutant(
        "C110",
        "its logo is a script",
        INFO_END,
        INFO_END + '        logo="<svg><script>1</script></svg>",\n',
    ),
    Mutant(
        "C111",
        "a token that works is refused",
        ACCOUNT,
        ACCOUNT.replace("True", "False"),
    ),
    Mutant(
        "C201",
        "the account has no name",
        "account_id=identity, account_label=name",
        "account_id=identity",
    ),
    Mutant(
        "C202",
        "the message is a word for programs",
        "message=error.message)",
        'message="invalid_token")',
    ),
    Mutant(
        "C203",
        "an expired token works",
        "        return TokenCheck(ok=False, message=error.message)\n",
        '        if "expired" in error.message:\n'
        '            return TokenCheck(ok=True, message="", account_id="1", account_label="Ada")\n'
        "        return TokenCheck(ok=False, message=error.message)\n",
    ),
    Mutant(
        "C204",
        "the missing scope is not named",
        "Example wants a token with the scope errors:read.",
        "Example wants a token that may do more.",
    ),
    Mutant(
        "C205",
        "a revoked token is taken for a moment's trouble",
        '401: ("credentials",',
        '401: ("unavailable",',
    ),
    Mutant(
        "C206",
        "the message repeats what the server said",
        LAST_ERROR,
        'return TrackerError(f"Example has a problem, it says: {answer.text}.")',
    ),
    Mutant(
        "C206",
        "the credentials are printed",
        "    answer = tracker.http.get(\n",
        "    print(tracker.credentials)\n    answer = tracker.http.get(\n",
    ),
    Mutant(
        "C301",
        "401 is asked again",
        REFUSED,
        "        return TrackerError(message, permanent=answer.status != 401, reason=reason)\n",
    ),
    Mutant(
        "C302",
        "403 is not known",
        '    403: ("forbidden", "Example wants a token with the scope errors:read."),\n',
        "",
    ),
    Mutant(
        "C303",
        "a project that is gone has no errors",
        COLLECT,
        "    try:\n    "
        + COLLECT
        + "    except TrackerError as error:\n"
        + '        if error.reason != "not_found":\n            raise\n'
        + "        return CountSeries(60, (), complete_until=until)\n",
    ),
    Mutant(
        "C304", "Retry-After is not read", 'headers.get("Retry-After", "")', 'headers.get("", "")'
    ),
    Mutant(
        "C304",
        "429 is for ever",
        'retry_after=seconds, reason="rate_limited"',
        'retry_after=seconds, permanent=True, reason="rate_limited"',
    ),
    Mutant(
        "C305",
        "Retry-After is taken for a number",
        "float(wait) if wait.isdecimal() else None",
        'float(wait or "60")',
    ),
    Mutant(
        "C306",
        "500 is for ever",
        LAST_ERROR,
        'return TrackerError("Example has a problem of its own.", permanent=True)',
    ),
    Mutant(
        "C307",
        "no connection is taken for a refused token",
        '        if error.reason not in {"credentials", "forbidden"}:\n            raise\n',
        "",
    ),
    Mutant(
        "C401",
        "projects are called by a field that is not there",
        'label=_a(str, row["name"])',
        'label=str(row.get("title"))',
    ),
    Mutant(
        "C402",
        "only the first page is read",
        "        if page.keys() <= found.keys():\n            return list(found.values())\n"
        "        found |= page\n",
        "        return list(page.values())\n",
    ),
    Mutant(
        "C403",
        "pages are read until one is empty",
        "if page.keys() <= found.keys():",
        "if not page:",
    ),
    Mutant(
        "C404",
        "projects are in no order",
        "return list(found.values())",
        "return list(found.values())[:: (-1) ** next(_TURNS)]",
    ),
    Mutant(
        "C501",
        "a web page is taken for nothing",
        "    return answer.json()\n",
        '    return [] if answer.text.startswith("<") else answer.json()\n',
    ),
    Mutant(
        "C502",
        "an empty answer is taken for nothing",
        "    return answer.json()\n",
        "    return answer.json() if answer.text else []\n",
    ),
    Mutant(
        "C503",
        "an answer that breaks off is a bug",
        "    return answer.json()\n",
        "    return __import__('json').loads(answer.text)\n",
    ),
    Mutant("C504", "types are not expected to be wrong", "KeyError, TypeError, ", "KeyError, "),
    Mutant("C505", "a count that is missing is zero", 'row["errors"]', 'row.get("errors", 0)'),
    Mutant("C506", "a count that is null is zero", 'row["errors"]', 'row["errors"] or 0'),
    Mutant(
        "C507",
        "negative counts are made positive",
        "    if _a(int, value) < 0:\n        raise ValueError(value)\n    return _a(int, value)\n",
        "    return abs(_a(int, value))\n",
    ),
    Mutant(
        "C601",
        "the bucket at the end of the window is returned",
        '("until", until.isoformat())',
        '("until", (until + (until - since)).isoformat())',
    ),
    Mutant("C601", "times have no zone", START, f"{START}.replace(tzinfo=None)"),
    Mutant(
        "C601",
        "times are those of Paris",
        START,
        f"{START}.astimezone(__import__('zoneinfo').ZoneInfo('Europe/Paris'))",
    ),
    Mutant("C601", "counts are broken numbers", POINT, f"({START}, float(row['errors']))"),
    Mutant("C601", "the newest comes first", ROWS, 'for row in reversed(series["minutes"])'),
    Mutant("C601", "every bucket comes twice", ROWS, 'for row in series["minutes"] * 2'),
    Mutant(
        "C602",
        "the counts of two minutes are swapped",
        POINT,
        f"({START}, {{1: 2, 2: 1}}.get(row['errors'], row['errors']))",
    ),
    Mutant("C603", "only a thousand rows are read", ROWS, 'for row in series["minutes"][:1000]'),
    Mutant(
        "C604",
        "what is too old is zero",
        COLLECT,
        "    if (tracker.now - since).days > 7:\n"
        "        return CountSeries(60, (), complete_until=until)\n" + COLLECT,
    ),
    Mutant(
        "C605",
        "no errors are taken for no answer",
        "    with _known_shape():\n        return CountSeries(",
        '    if isinstance(series, dict) and not any(r["errors"] for r in series["minutes"]):\n'
        '        raise TrackerError("Example has no data for this window.")\n'
        "    with _known_shape():\n        return CountSeries(",
    ),
    Mutant(
        "C606",
        "everything asked for is vouched for",
        SERIES,
        VOUCHED.format("until"),
    ),
    Mutant(
        "C607",
        "a minute that has just ended is vouched for",
        SERIES,
        VOUCHED.format("tracker.now.replace(second=0)"),
    ),
    Mutant(
        "C608",
        "it vouches for less every second time",
        SERIES,
        VOUCHED.format("_series_of(series).complete_until - (until - since) * (next(_TURNS) % 2)"),
    ),
    Mutant(
        "C701",
        "the project is ignored",
        '{config.project_key}/errors", window',
        'shop/errors", window',
    ),
    Mutant(
        "C702",
        "the environment is ignored",
        '        window.append(("environment", config.environment))\n',
        "        pass\n",
    ),
    Mutant(
        "C703",
        "an unknown project is replaced by the first",
        COLLECT,
        COLLECT.replace(
            "{config.project_key}",
            "{config.project_key if config.project_key in ('shop', 'blog') else 'shop'}",
        ),
    ),
    Mutant(
        "C704",
        "an unknown environment is all of them",
        "    if config.environment is not None:\n",
        '    if config.environment in ("production", "staging"):\n',
    ),
    Mutant(
        "C801",
        "the credentials are tidied up in place",
        "    answer = tracker.http.get(\n",
        '    tracker.credentials["asked"] = url\n    answer = tracker.http.get(\n',
    ),
    Mutant(
        "C802",
        "it asks by itself",
        "    answer = tracker.http.get(\n",
        "    try:\n        __import__('requests').get(tracker.settings['url'], timeout=1)\n"
        "    except OSError:\n        pass\n    answer = tracker.http.get(\n",
    ),
    Mutant(
        "C803",
        "it asks once for every ten minutes",
        COLLECT,
        "    for _ in range((until - since).seconds // 600):\n    " + COLLECT,
    ),
    Mutant(
        "C804",
        "it makes room for everything at once",
        COLLECT,
        COLLECT + "    room = bytearray(100_000_000)\n    del room\n",
    ),
    Mutant(
        "C805",
        "it goes on in the background",
        COLLECT,
        COLLECT + "    threading = __import__('threading')\n"
        "    threading.Thread(target=threading.Event().wait, args=(5,), daemon=True).start()\n",
    ),
    Mutant(
        "C806",
        "an accent is a bug",
        "    answer = tracker.http.get(\n",
        "    tracker.credentials['token'].encode('ascii')\n    answer = tracker.http.get(\n",
    ),
)

FURTHER = """
from datetime import timedelta

from sleuth.plugin_api import Choice, ImpactWarning, NewError, RemoteDeploy


@hookimpl
def sleuth_list_choices(tracker, field_name, config):
    with _known_shape():
        return [Choice(_a(str, _get(tracker, "/me")["id"]), "Ada's team"), Choice("2", "The other")]


@hookimpl
def sleuth_check_impact(tracker, config):
    if config.environment in {None, "production", "staging"}:
        return []
    return [ImpactWarning("environment", "Example has not seen this environment yet.")]


@hookimpl
def sleuth_new_errors(tracker, config, since, until):
    return [
        NewError("KeyError: 'cart'", "https://example.org/1", since, count=3),
        NewError("ValueError", "https://example.org/2", until - timedelta(minutes=1), count=1),
    ]


@hookimpl
def sleuth_explore_url(config, since, until):
    return f"https://example.org/{config.project_key}?since={since.timestamp()}"


@hookimpl
def sleuth_list_deploys(tracker, config, since, until):
    return [RemoteDeploy("a1b2c3", since), RemoteDeploy("d4e5f6", until - timedelta(minutes=1))]
"""
"""The optional hooks, as the example might have them."""

TEAM = '        ImpactField("team", "Team", "choice", is_required=False),\n'
ENVIRONMENT = (
    '        ImpactField("environment", "Source Environment", "text", is_required=False),\n'
)

FURTHER_MUTANTS = (
    Mutant("C905", "a label is missing", '"The other"', "str(None)"),
    Mutant("C905", "a choice comes twice", '"2", "The', '"1", "The'),
    Mutant("C905", "the choices are others each time", '"2", "The', 'str(next(_TURNS)), "The'),
    Mutant(
        "C505",
        "a drop-down does not look at what it got",
        "    with _known_shape():\n",
        "    if True:\n",
    ),
    Mutant(
        "C901",
        "everything is warned of",
        'if config.environment in {None, "production", "staging"}:',
        "if config.environment is None:",
    ),
    Mutant("C901", "a field is warned of that is not there", '("environment", "E', '("env", "E'),
    Mutant("C902", "errors were seen before", '"https://example.org/1", since', '"", since.min'),
    Mutant("C902", "errors were seen earlier", '1", since', '1", since - timedelta(days=1)'),
    Mutant("C902", "the rare ones come first", "count=3", "count=0"),
    Mutant("C903", "the address is relative", 'f"https://example.org/{config', 'f"/{config'),
    Mutant("C903", "the address is another each time", "since.timestamp()", "next(_TURNS)"),
    Mutant(
        "C903",
        "the address has a token in it",
        "since.timestamp()",
        "'example-token-0123456789'",
    ),
    Mutant("C904", "a deploy is not of the window", "until - timedelta(minutes=1))]", "until)]"),
    Mutant(
        "C904", "the newest comes first", '"a1b2c3", since)', '"a1b2c3", until.replace(second=0))'
    ),
)
