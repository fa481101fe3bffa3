"""How often the properties are tried: `make test` tries the same examples each time, the nightly run new ones."""

import os

from hypothesis import HealthCheck, Phase, settings

EXAMPLES = {"default-engine": 250, "nightly": 2_500, "mutants": 25}
"""Examples for each property by run. Nine properties compare with the walk: 2,250 examples, and 22,500 nightly."""

_RELAXED = [HealthCheck.too_slow, HealthCheck.data_too_large]
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "default-engine")

for name, examples in EXAMPLES.items():
    settings.register_profile(
        name,
        max_examples=examples,
        deadline=None,
        suppress_health_check=_RELAXED,
        derandomize=name != "nightly",
    )
settings.register_profile(
    "mutants",
    settings.get_profile("mutants"),
    database=None,
    phases=[Phase.explicit, Phase.generate],
)
settings.load_profile(PROFILE)
