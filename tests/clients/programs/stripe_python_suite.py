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
    "test_checkout_sessions_post(_service|_async|$)": "its shipping rate has no amount: Stripe refuses it as well",
    "test_invoiceitems_post(_service|_async|$)": "it has neither an amount nor a price: Stripe refuses it as well",
    "TestInvoice::test_can_(void_invoice|mark_uncollectible)": "needs an open invoice, but retrieves a draft first",
    "TestAccount::test_is_listable": "there are no connected accounts",
    "test_retrieve_maintains_list_properties": "expects `refunds` in a charge: since 2022-11-15 only if expanded",
}


def source(folder):
    """Download the source distribution and return the folder that it unpacks to."""
    wanted = f"stripe=={version('stripe')}"
    pip = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-deps", "--no-binary", "stripe", "--dest", folder, wanted], check=True)
    (archive,) = Path(folder).glob("stripe-*.tar.gz")
    with tarfile.open(archive) as files:
        files.extractall(folder, filter="data")
    return archive.with_name(archive.name.removesuffix(".tar.gz"))


def replay(url, folder):
    """Run the tests and return a record of each."""
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
    """Return what the test is about: the path of its last call, without ids."""
    return re.sub(r"/(\{\}|search$).*", "", test["calls"][-1].partition(" ")[2])


def reason(test):
    """Return why it fails; what it says itself if nobody knows."""
    name = test["test"].partition("[")[0]
    said = re.sub(r"Request req_\w+: ", "", test["message"].splitlines()[0])
    return next((text for pattern, text in REASONS.items() if re.search(pattern, name)), f"UNKNOWN: {name}: {said}")


def report(tests):
    """Print what came out, and return whether it is as it should be."""
    sending = [test for test in tests if test["calls"]]
    counted = [test for test in sending if not test["missing"]]
    failed = [test for test in counted if not test["passed"]]
    every, good = Counter(map(resource, counted)), Counter(resource(test) for test in counted if test["passed"])
    print("\n| resource | tests | passed |\n|---|---|---|")
    for name, count in sorted(every.items()):
        print(f"| `{name}` | {count} | {good[name]} |")
    print("\n| failed | why |\n|---|---|")
    reasons = Counter(map(reason, failed))
    for text, count in reasons.most_common():
        print(f"| {count} | {text} |")
    beside = sum(resource(test) in every for test in sending if test["missing"])
    share = good.total() / every.total()
    print(
        f"\n{beside} more tests are about these resources, and call or name what the emulator does not support.\n"
        f"stripe {version('stripe')}: {len(tests)} tests, {len(sending)} of them send requests, {len(counted)} only "
        f"supported ones; of these {good.total()} passed ({share:.1%})"
    )
    return share >= REQUIRED and not any(text.startswith("UNKNOWN") for text in reasons)


def main():
    with tempfile.TemporaryDirectory() as folder:
        return 0 if report(replay(sys.argv[1], folder)) else 1


sys.exit(main())
