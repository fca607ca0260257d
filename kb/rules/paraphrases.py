"""Which differences between two questions are only manner of speech, learned from the house's own paraphrases.

What all questions have in common says nothing, so their mean is taken away. An article's title and questions ask the
same thing, so the directions in which their vectors differ say little; those directions are shortened before vectors
are compared (within-class covariance normalisation, Hatch, Kajarekar & Stolcke 2006).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kb.ports.embedder import Vectors

#: Questions about anything: a handful of articles alone would not tell what all questions have in common.
BACKGROUND = (
    "怎么退款",
    "快递到哪里了",
    "会员怎么取消续费",
    "忘记密码怎么办",
    "发票什么时候能开",
    "手机开不了机",
    "营业时间是几点到几点",
    "可以货到付款吗",
    "空调不制冷是什么原因",
    "身份证过期了能办业务吗",
    "你们电话是多少",
    "为什么扣了我两次钱",
    "请问有优惠活动吗",
    "预约了师傅没有来",
    "怎么注销账号",
    "贷款利率是多少",
    "网络连接不上",
    "想改一下收货地址",
    "保修期多长",
    "积分怎么兑换",
    "软件闪退怎么处理",
    "什么是电子签名",
    "需要准备哪些材料",
    "投诉客服态度不好",
)

#: paraphrases; fewer say nothing about some hundred directions
_FEWEST = 20

#: How strongly directions are shortened: variances are relative to their mean, this is added to each (measured).
_SMOOTHING = 3.0

#: paraphrases by which a metric has half of the greatest trust
_HALF_TRUST = 200


def mean_of(vectors: Vectors, background: Vectors) -> Vectors:
    """What ``vectors`` have in common, those of BACKGROUND among them."""
    mean: Vectors = (vectors.sum(axis=0) + background.sum(axis=0)) / np.float32(len(vectors) + len(background))
    return mean


@dataclass(frozen=True, slots=True)
class ParaphraseMetric:
    """How to compare vectors of one collection of articles. ``trust``: from 0 (no paraphrases) towards 1 (many)."""

    mean: Vectors
    transform: NDArray[np.float32] | None
    trust: float

    @classmethod
    def learn(cls, vectors: Vectors, first: NDArray[np.intp], background: Vectors) -> ParaphraseMetric:
        """From the vectors (n, d) of titles and questions; those of an article stand together, its title at
        ``first[article]``. ``background``: the vectors of BACKGROUND.
        """
        mean = mean_of(vectors, background)
        titles = np.repeat(first, np.diff(first, append=len(vectors)))
        paraphrases = titles != np.arange(len(vectors))
        pairs = int(np.count_nonzero(paraphrases))
        if pairs < _FEWEST:
            return cls(mean, None, 0.0)
        centred = _unit(vectors - mean)
        differences = centred[paraphrases] - centred[titles[paraphrases]]
        variances, directions = np.linalg.eigh(differences.T @ differences / np.float32(pairs))
        relative = np.maximum(variances, 0) / max(float(variances.mean()), 1e-12)
        transform = directions / np.sqrt(relative + _SMOOTHING)
        return cls(mean, transform.astype(np.float32), pairs / (pairs + _HALF_TRUST))

    def place(self, vectors: Vectors, mean: Vectors | None = None) -> Vectors:
        """The vectors (d,) or (n, d) where their inner products are the cosines to compare by; ``mean``: that of other
        texts than titles and questions.
        """
        centred = _unit(vectors - (self.mean if mean is None else mean))
        return _unit(centred if self.transform is None else centred @ self.transform)


def _unit(vectors: NDArray[np.floating]) -> Vectors:
    lengths = np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
    unit: Vectors = (vectors / lengths).astype(np.float32)
    return unit
