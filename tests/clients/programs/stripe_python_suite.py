"""stripe-python's own tests about resources, sent to the emulator. Usage: stripe_python_suite.py URL KEY

The tests are those of the source distribution on PyPI, of the version that is installed here. `replay.py` says how
their requests are sent. A test counts if the emulator supports every call that it makes and every kind of object that
it names, both as `/_emulator/supported` lists them.
"""

import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from importlib.metadata import version
from pathlib import Path

TESTS = ("tests/test_generated_examples.py", "tests/api_resources", "tests/services")
REQUIRED = 0.95
#: Why a test about a supported resource can't pass, by its name.
REASONS = {
    "test_payment_intents_post_4": "pays by P24, which the emulator does not support",
    "test_payment_methods_post(_service|_async|$)": "its card expired in 2024: Stripe refuses it as well",
    "test_prices_post(_service|_async|$)": "`currency_options` is not supported",
    "TestAccount::test_is_listable": "there are no connected accounts",
    "test_retrieve_maintains_list_properties": "expects `refunds` in a charge: since 2022-11-15 only if expanded",
}


def source(folder):
    """Download the source distribution; the folder that it unpacks to."""
    wanted = f"stripe=={version('stripe')}"
    pip = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-deps", "--no-binary", "stripe", "--dest", folder, wanted], check=True)
    (archive,) = Path(folder).glob("stripe-*.tar.gz")
    with tarfile.open(archive) as files:
        files.extractall(folder, filter="data")
    return archive.with_name(archive.name.removesuffix(".tar.gz"))


def replay(url, folder):
    """Run the tests; one record for each."""
    host, _, port = url.removeprefix("http://").partition(":")
    results = Path(folder, "results.json")
    env = {
        "EMULATOR_URL": url,
        "REPLAY_RESULTS": str(results),
        "PYTHONPATH": str(Path(__file__).parent),
        "STRIPE_MOCK_HOST": host,
        "STRIPE_MOCK_PORT": port,
    }
    # Its own options run the tests in parallel, but there is one emulator.
    options = ["-p", "replay", "-o", "addopts=", "-W", "ignore", "-q", "--tb=no", "-r", ""]
    command = [sys.executable, "-m", "pytest", *options, *TESTS]
    subprocess.run(command, cwd=source(folder), env=os.environ | env, check=False)
    return json.loads(results.read_text())


def resource(test):
    """What the test is about: the path of its last call, without ids."""
    return re.sub(r"/\{\}.*", "", test["calls"][-1].partition(" ")[2])


def reason(test):
    """Why it fails, or None if nobody knows."""
    name = test["test"].partition("[")[0]
    return next((text for pattern, text in REASONS.items() if re.search(pattern, name)), None)


def report(tests):
    """Print what came out; what is wrong."""
    sending = [test for test in tests if test["calls"]]
    counted = [test for test in sending if not test["missing"]]
    failed = [test for test in counted if not test["passed"]]
    passed = Counter(resource(test) for test in counted if test["passed"])
    print("| resource | tests | passed |\n|---|---|---|")
    for name, count in sorted(Counter(map(resource, counted)).items()):
        print(f"| `{name}` | {count} | {passed[name]} |")
    for test in failed:
        message = re.sub(r"Request req_\w+: ", "", test["message"].splitlines()[0])
        print(f"failed: {test['test']}\n    {message}\n    {reason(test) or 'UNKNOWN'}")
    share = (len(counted) - len(failed)) / len(counted)
    print(
        f"stripe {version('stripe')}: {len(tests)} tests, {len(sending)} send requests, {len(counted)} of them only "
        f"supported ones; of these {len(counted) - len(failed)} passed ({share:.1%})"
    )
    return [test["test"] for test in failed if not reason(test)] or share < REQUIRED


def main():
    with tempfile.TemporaryDirectory() as folder:
        return 1 if report(replay(sys.argv[1], folder)) else 0


sys.exit(main())
