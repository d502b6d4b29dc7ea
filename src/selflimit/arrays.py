"""One name for each kind of array; shapes are in the docstrings."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

AnyArray = NDArray[Any]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Int32Array = NDArray[np.int32]
Int16Array = NDArray[np.int16]
Int8Array = NDArray[np.int8]
BoolArray = NDArray[np.bool_]
UInt64Array = NDArray[np.uint64]
UInt8Array = NDArray[np.uint8]
