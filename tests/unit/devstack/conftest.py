"""Share the fixtures of the payment tests."""

from tests.unit.payments.conftest import emulator, emulator_process, order

__all__ = ["emulator", "emulator_process", "order"]
