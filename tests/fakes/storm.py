"""Ask every provider's stand-in thousands of times while half of the answers are spoiled, and count what came of it.

python -m tests.fakes.storm [--requests 10000] [--seed 1]
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from time import perf_counter

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from market_app.providers.access import Patience, ProviderTrouble  # noqa: E402  # models need Django to be set up
from tests.fakes.asking import Asker  # noqa: E402
from tests.fakes.faults import Fault  # noqa: E402
from tests.fakes.registry import STANDS, Stand  # noqa: E402
from tests.fakes.truth import untrue  # noqa: E402

SPOILED = 0.5
PATIENCE = Patience(0.15, 0.15, 0.15)
LATE_S = 0.5  # beyond the patience: a busy machine's
COLUMNS = ("requests", "faults", "kinds", "answered", "refused", "untrue", "late", "other errors")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.storm", description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000, help="over all providers together")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    counts = [_stormed(stand, args.requests // len(STANDS), args.seed) for stand in STANDS]
    print(f"{'provider':14}" + "".join(f"{column:>14}" for column in COLUMNS))
    for name, found in zip([stand.name for stand in STANDS], counts, strict=True):
        print(f"{name:14}" + "".join(f"{found[column]:>14}" for column in COLUMNS))
    total = sum(counts, Counter[str]())
    print(f"{'together':14}" + "".join(f"{total[column] if column != 'kinds' else '':>14}" for column in COLUMNS))
    return 1 if total["untrue"] or total["late"] or total["other errors"] else 0


def _stormed(stand: Stand, requests: int, seed: int) -> Counter[str]:
    """How often each column's thing happened."""
    found: Counter[str] = Counter()
    capabilities = list(stand.adapter.offers)
    with stand.fake() as fake:
        asker = Asker(stand, fake, PATIENCE)
        asker.remember_interval()
        fake.injected.clear()
        fake.storm(SPOILED, seed=seed)
        while found["requests"] < requests:
            capability = capabilities[found["questions"] % len(capabilities)]
            found["questions"] += 1
            began = perf_counter()
            try:
                answer = asker.ask(capability)
            except ProviderTrouble:
                found["refused"] += 1
            except Exception as e:  # noqa: BLE001 what it finds is what is counted
                print(f"{stand.name} {capability}: {type(e).__name__}: {e}", file=sys.stderr)
                found["other errors"] += 1
            else:
                found["answered"] += 1
                found["untrue"] += bool(untrue(answer, capability, asker.now, Fault.ABSURD))
            asked = len(fake.arrivals) - found["requests"]
            found["late"] += perf_counter() - began > PATIENCE.total_s * max(asked, 1) + LATE_S
            found["requests"] = len(fake.arrivals)
        found["faults"], found["kinds"] = fake.injected.total(), len(fake.injected)
    return found


if __name__ == "__main__":
    sys.exit(main())
