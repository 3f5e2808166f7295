"""Decoding form bodies, and printing JSON."""

import contextlib
import json
from typing import Any
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from stripe_emulator.api.form_encoding import decode
from stripe_emulator.errors import StripeError
from stripe_emulator.jsontext import pretty

KEYS = st.text("abcdefgh_", min_size=1, max_size=5)
VALUES = st.recursive(
    st.text(max_size=8), lambda inner: st.dictionaries(KEYS, inner, min_size=1, max_size=4), max_leaves=12
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def encode(value: Any, path: str) -> list[str]:
    if isinstance(value, dict):
        return [pair for key, item in value.items() for pair in encode(item, f"{path}[{quote(key)}]" if path else key)]
    return [f"{path}={quote(value)}"]


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_an_encoded_value_is_decoded_back(value: dict[str, Any]) -> None:
    assert decode("&".join(encode(value, ""))) == value


@given(st.text())
def test_any_text_is_decoded_or_refused(text: str) -> None:
    with contextlib.suppress(StripeError):
        decode(text)


@given(ANYTHING)
def test_json_is_printed_like_the_standard_library(value: Any) -> None:
    assert pretty(value) == json.dumps(value, indent=2, ensure_ascii=False)


def test_a_repeated_key_starts_a_new_element() -> None:
    assert decode("i[][price]=a&i[][quantity]=1&i[][price]=b&i[][quantity]=2") == {
        "i": {"0": {"price": "a", "quantity": "1"}, "1": {"price": "b", "quantity": "2"}}
    }
    assert decode("c[]=x&c[]=y") == {"c": {"0": "x", "1": "y"}}


def test_a_repeated_nested_key_starts_a_new_element() -> None:
    price = "i[][price_data]"
    one = f"{price}[currency]=usd&{price}[unit_amount]=5&{price}[data][name]=A&i[][quantity]=1"
    two = f"{price}[currency]=eur&{price}[unit_amount]=6&{price}[data][name]=B&i[][quantity]=2"
    assert decode(f"{one}&{two}") == {
        "i": {
            "0": {
                "price_data": {"currency": "usd", "unit_amount": "5", "data": {"name": "A"}},
                "quantity": "1",
            },
            "1": {
                "price_data": {"currency": "eur", "unit_amount": "6", "data": {"name": "B"}},
                "quantity": "2",
            },
        }
    }


def test_an_array_in_an_unnumbered_element_is_filled() -> None:
    assert decode("i[][images][]=x&i[][images][]=y&i[][name]=A&i[][name]=B") == {
        "i": {"0": {"images": {"0": "x", "1": "y"}, "name": "A"}, "1": {"name": "B"}}
    }


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4), st.integers(1, 4))
def test_repeated_hashes_are_decoded_as_a_list(value: dict[str, Any], count: int) -> None:
    pairs = [pair for _ in range(count) for pair in encode(value, "list[]")]
    assert decode("&".join(pairs)) == {"list": {str(index): value for index in range(count)}}
