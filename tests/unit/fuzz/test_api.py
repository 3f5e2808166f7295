"""The API against its own OpenAPI document: whatever is sent, it answers as the document says, and never with a 500."""

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
def test_every_answer_is_one_that_the_document_knows(case: "schemathesis.Case[Any]", target: Stack) -> None:
    # What fits the document can still name a product that nobody sells.
    case.call_and_validate(base_url=target.url, excluded_checks=[positive_data_acceptance])


def test_the_server_shows_this_very_document(target: Stack) -> None:
    assert urllib3.request("GET", f"{target.url}/api/openapi.json").json() == document
