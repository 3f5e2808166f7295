"""The emulator and the order of the payment tests, for the wiring too."""

from tests.unit.payments.conftest import emulator, emulator_process, order

__all__ = ["emulator", "emulator_process", "order"]
