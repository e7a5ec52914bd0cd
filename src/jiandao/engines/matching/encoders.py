from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt


class Encoder(Protocol):
    name: str
    dimensions: int

    def encode(self, texts: Sequence[str], *, kind: Literal["query", "document"]) -> npt.NDArray[np.float32]: ...
