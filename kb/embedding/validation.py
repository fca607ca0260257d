"""What any model answers is looked at before it is believed: shape, finite numbers, unit length."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from kb.errors import EmbedderError
from kb.ports.embedder import Vectors


def checked(answer: ArrayLike, count: int, dimensions: int | None = None) -> Vectors:
    """``answer`` as ``count`` unit vectors of ``dimensions`` (None: any). Raises EmbedderError when it isn't that."""
    try:
        rows = np.asarray(answer, dtype=np.float64)
    except (ValueError, TypeError, OverflowError):
        raise EmbedderError("嵌入模型返回的不是数字向量，请检查模型和服务。") from None
    if rows.ndim != 2 or len(rows) != count or not rows.shape[1]:
        raise EmbedderError(f"嵌入模型返回的形状是 {rows.shape}，应为 {count} 个向量；请检查模型和服务。")
    if dimensions is not None and rows.shape[1] != dimensions:
        raise EmbedderError(
            f"嵌入模型返回 {rows.shape[1]} 维的向量，原来是 {dimensions} 维；"
            "换过模型的话，请相应修改设置 embeddings_model，再重新启动。"
        )
    with np.errstate(over="ignore", invalid="ignore"):
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or not lengths.all():
        raise EmbedderError("嵌入模型返回的向量含有无效数字（NaN、无穷大或全为 0），请检查模型和服务。")
    unit: Vectors = (rows / lengths).astype(np.float32)
    return unit
