"""A day's trading with the official `stripe` package, whatever its version. Usage: stripe_python.py URL KEY"""

import sys
from importlib.metadata import version

from receiver import Receiver
from trading import Day


def main():
    day = Day(*sys.argv[1:])
    receiver = Receiver(day.url)
    day.trade()
    count = receiver.wait()
    print(f"stripe {version('stripe')}: {count} events, each signature verified")


main()
