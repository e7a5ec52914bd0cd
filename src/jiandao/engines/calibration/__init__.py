"""Raw review scores → scores that can be compared, with their uncertainty and the leanings of experts.

The model is told in docs/developer/calibration.md.
"""

from jiandao.engines.calibration.calibrating import calibrate, trimmed_means
from jiandao.engines.calibration.reading import combine, read
from jiandao.engines.calibration.records import Calibration, Reviews, Spread

__all__ = ["Calibration", "Reviews", "Spread", "calibrate", "combine", "read", "trimmed_means"]
