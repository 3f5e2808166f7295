"""The API follows its own OpenAPI document for any request, and never returns a 500."""

import json
from typing import Any

import schemathesis
import urllib3
from schemathesis.specs.openapi.checks import positive_data_acceptance

from app.payments.api.views import api
from tests.support.stack import Stack

document = json.loads(json.dumps(api.get_openapi_schema()))
schema = schemathesis.openapi.from_dict(document)


@schema.parametrize()
def test_every_response_matches_the_document(case: "schemathesis.Case[Any]", target: Stack) -> None:
    # A valid request can still name an unknown product.
    case.call_and_validate(base_url=target.url, excluded_checks=[positive_data_acceptance])


def test_the_server_returns_this_document(target: Stack) -> None:
    assert urllib3.request("GET", f"{target.url}/api/openapi.json").json() == document
