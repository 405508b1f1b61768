"""Texts as a few numbers, by a sentence encoder where one is installed; kept on disk by their content."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headway.datasets import cache_folder
from headway.errors import CapabilityError

TEXT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"  # 22 M parameters, 384 numbers a text
_SEED = 384


def encoded(texts: Sequence[str], model: str, numbers: int, cache: Path | None = None) -> NDArray[np.float64]:
    """float64 [R, numbers]: the encoder's vectors on a fixed random basis (Johnson and Lindenstrauss 1984).

    The basis is drawn, not fitted: a basis fitted to all texts (principal components) would let a text of today
    depend on texts of tomorrow. ``cache``: folder; None: ``$XDG_CACHE_HOME/headway/texts``.

    Raises
    ------
    CapabilityError
        The texts are not in the cache, and the package ``sentence_transformers`` is not installed.
    """
    request = json.dumps([model, numbers, list(texts)], ensure_ascii=False)
    file = (cache or cache_folder() / "texts") / f"{hashlib.sha256(request.encode()).hexdigest()[:32]}.npy"
    if file.exists():
        kept: NDArray[np.float64] = np.load(file, allow_pickle=False)
        return kept
    vectors = _vectors(texts, model)
    basis = np.random.default_rng(_SEED).standard_normal((vectors.shape[1], numbers)) / np.sqrt(numbers)
    values: NDArray[np.float64] = vectors @ basis
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{os.getpid()}-{file.name}")
    np.save(draft, values)
    draft.replace(file)
    return values


def _vectors(texts: Sequence[str], model: str) -> NDArray[np.float64]:
    """float64 [R, dimension], each of length one; every text is encoded once."""
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise CapabilityError(
            "texts need a sentence encoder",
            where="signals.text",
            got="sentence_transformers is not installed",
            hint="pip install sentence-transformers, or give numbers in a value column",
        ) from error
    different = sorted(set(texts))
    vectors = np.asarray(SentenceTransformer(model).encode(different, normalize_embeddings=True), np.float64)
    return vectors[np.searchsorted(np.array(different, object), np.array(texts, object))]
