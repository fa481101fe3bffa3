"""How many examples the ten properties get: 400 each as a rule, 4,000 each in the nightly run."""

import os

from hypothesis import HealthCheck, Phase, settings

_RELAXED = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile("default-engine", max_examples=400, deadline=None, suppress_health_check=_RELAXED)
settings.register_profile("nightly", max_examples=4_000, deadline=None, suppress_health_check=_RELAXED)
settings.register_profile(
    "mutants",
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=_RELAXED,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default-engine"))
