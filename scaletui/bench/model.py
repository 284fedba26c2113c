"""A decoder-only transformer of random weights with a static cache: what a step of decoding costs, and no more."""

from __future__ import annotations

from typing import Any

from scaletui.bench.shapes import Shape, needed
from scaletui.bench.share import ALONE, Share, Together
from scaletui.bench.torch_here import BYTES, CACHE_BYTES, dtype_of, torch_module
from scaletui.bench.weights import Weaver, looked_up, times

BUCKET = 256
"""Positions between the lengths of cache that a captured step reads: each has a graph of its own."""
_BASE = 10_000.0
_EPSILON = 1e-5


class Decoder:
    """A model on a device, with room for ``batch`` sequences of ``context`` tokens.

    The tokens are on the device too, and a step reads its input where the step before it wrote: nothing goes to the
    host and back while it decodes. Weights that are multiplied with the same input are one matrix.

    Parameters
    ----------
    shape : Shape
        What to build.
    device, dtype : str
        Where, and in which format: ``bf16``, ``fp16``, ``fp32``, ``int8``, of which `scaletui.bench.weights` says more.
    context : int
        Tokens that a sequence may have, those of the prompt included.
    batch : int
        Sequences.
    seed : int
        Of the weights.
    capture : bool, optional
        Whether steps are captured as CUDA graphs; by default, where the device has them.
    share : Share, optional
        Which part of the model this process has, where several calculate it; each writes the same tokens.
    """

    def __init__(
        self, shape: Shape, device: str, dtype: str, context: int, batch: int = 1, seed: int = 0,
        capture: bool | None = None, share: Share = ALONE,
    ) -> None:  # fmt: skip
        self._torch = torch_module()
        self.shape, self.part, self.device = shape, share.shape(shape), device
        self._format, self._dtype = dtype, dtype_of(dtype)
        self._capture = device == "cuda" if capture is None else capture
        self._together = Together(share)
        weaver = Weaver(device, dtype, seed)
        d, head = shape.d_model, shape.head_dim
        queries, keys, wide = shape.heads * head, shape.kv_heads * head, shape.d_ff * (2 if shape.gated else 1)
        # One process has all; of several each has rows, or columns whose products are summed, with one to add the bias.
        split, bias, adds = share.parts > 1, not shape.gated, share.rank == 0
        qkv, up = (share.qkv(shape), share.up(shape)) if split else ((), ())
        out, down = (share.out(shape), [share.span(shape.d_ff)]) if split else ((), ())
        self.embedding = weaver.weight(shape.vocab, d)
        self.layers: list[dict[str, Any]] = [
            {
                "attention_norm": self._norm(weaver),
                "mlp_norm": self._norm(weaver),
                "qkv": weaver.weight(queries + 2 * keys, d, bias=bias, of_rows=qkv),
                "out": weaver.weight(d, queries, bias=bias, of_columns=out, adds_bias=adds),
                "up": weaver.weight(wide, d, bias=bias, of_rows=up),
                "down": weaver.weight(d, shape.d_ff, bias=bias, of_columns=down, adds_bias=adds),
            }
            for _ in range(shape.layers)
        ]
        self.norm = self._norm(weaver)
        own = share.span(shape.vocab)
        if shape.tied:
            matrix, _, scale = self.embedding
            rows = slice(own.start, own.stop)
            self.head = self.embedding._replace(matrix=matrix[rows], scale=None if scale is None else scale[rows])
        else:
            self.head = weaver.weight(shape.vocab, d, of_rows=[own] if split else ())
        self._turning = int(head * shape.rotary) // 2 * 2
        self.make_room(context, batch)

    def make_room(self, context: int, batch: int) -> None:
        """Give up the cache, and make one for so many sequences of so many tokens; the weights stay."""
        torch, shape = self._torch, self.part
        self._graphs: dict[int, Any] = {}
        self.keys: Any = None
        self.values: Any = None
        if self._capture:
            context = -(-context // 8) * 8  # masks of another width are copied before each kernel
        self.context, self.batch = context, batch
        self.cosines, self.sines = self._angles()
        room = (shape.layers, batch, shape.kv_heads, context, shape.head_dim)
        self.keys, self.values = (torch.zeros(room, device=self.device, dtype=self._dtype) for _ in range(2))
        self.tokens = torch.zeros((batch, context + 1), device=self.device, dtype=torch.long)
        self._position = torch.zeros(1, device=self.device, dtype=torch.long)
        self._places = torch.arange(context, device=self.device)

    def needed(self, batch: int, context: int, at_once: int = 0) -> float:
        """Return the memory [bytes] that so many sequences of so many tokens take, weights and all."""
        return needed(self.part, BYTES[self._format], batch, context, at_once, CACHE_BYTES[self._format])

    def _norm(self, weaver: Weaver) -> tuple[Any, Any]:
        torch, size = self._torch, self.shape.d_model
        one = torch.ones(size, device=self.device, dtype=self._dtype)
        return one, None if self.shape.gated else weaver.drawn(size)

    def _angles(self) -> tuple[Any, Any]:
        """Return cosine and sine of every position, as wide as what turns of a head."""
        torch, width = self._torch, self._turning
        rates = _BASE ** (-torch.arange(0, width, 2, dtype=torch.float32) / max(width, 1))
        angles = torch.arange(self.context, dtype=torch.float32)[:, None] * rates[None, :]
        both = torch.cat((angles, angles), -1)
        return tuple(x.to(device=self.device, dtype=self._dtype) for x in (both.cos(), both.sin()))

    # What a layer does.

    def _normed(self, x: Any, norm: tuple[Any, Any]) -> Any:
        functional, weight, size = self._torch.nn.functional, norm[0], (self.shape.d_model,)
        if self.shape.gated:
            return functional.rms_norm(x, size, weight, _EPSILON)
        return functional.layer_norm(x, size, weight, norm[1], _EPSILON)

    def _turned(self, x: Any, turn: tuple[Any, Any]) -> Any:
        """Return queries or keys (batch, heads, tokens, head) turned by their positions."""
        width = self._turning
        if width == 0:
            return x
        part = x[..., :width]
        first, second = part.chunk(2, -1)
        turned = part * turn[0] + self._torch.cat((-second, first), -1) * turn[1]
        return turned if width == self.shape.head_dim else self._torch.cat((turned, x[..., width:]), -1)

    def _attention(self, x: Any, index: int, positions: Any, turn: tuple[Any, Any], length: int, mask: Any) -> Any:
        """Return attention of tokens (batch, tokens, width) at ``positions`` over the first ``length`` of the cache."""
        shape, functional = self.part, self._torch.nn.functional
        batch, count, _ = x.shape
        layer, head = self.layers[index], shape.head_dim
        joint = times(x, layer["qkv"]).view(batch, count, -1, head).transpose(1, 2)
        q, k, v = joint.split((shape.heads, shape.kv_heads, shape.kv_heads), 1)
        keys, values = self.keys[index, :batch], self.values[index, :batch]
        keys.index_copy_(2, positions, self._turned(k, turn))
        values.index_copy_(2, positions, v)
        q = self._turned(q, turn)
        k, v = keys[:, :, :length], values[:, :, :length]
        group = shape.heads // shape.kv_heads
        if count == 1:
            # The queries that share a key go through as if they were tokens: nothing is repeated, the cache read once.
            q = q.reshape(batch, shape.kv_heads, group, head)
            found = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        else:
            if group > 1:
                k, v = k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)
            found = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        found = found.reshape(batch, shape.heads, count, head).transpose(1, 2).reshape(batch, count, -1)
        return times(found, layer["out"])

    def _mlp(self, x: Any, index: int) -> Any:
        functional, layer = self._torch.nn.functional, self.layers[index]
        wide = times(x, layer["up"])
        if self.shape.gated:
            gate, up = wide.chunk(2, -1)
            wide = functional.silu(gate) * up
        else:
            wide = functional.gelu(wide)
        return times(wide, layer["down"])

    def _forward(self, tokens: Any, positions: Any, length: int, mask: Any = None) -> Any:
        """Return the logits (batch, vocabulary) of what follows the last of the tokens (batch, count)."""
        x = looked_up(tokens, self.embedding)
        turn = self.cosines.index_select(0, positions), self.sines.index_select(0, positions)
        for index, layer in enumerate(self.layers):
            attended = self._attention(self._normed(x, layer["attention_norm"]), index, positions, turn, length, mask)
            if self.shape.parallel:
                x = x + self._together.summed(attended + self._mlp(self._normed(x, layer["mlp_norm"]), index))
            else:
                x = x + self._together.summed(attended)
                x = x + self._together.summed(self._mlp(self._normed(x, layer["mlp_norm"]), index))
        return self._together.joined(times(self._normed(x[:, -1], self.norm), self.head), self.shape.vocab)

    # What a caller asks for.

    def prefill(self, prompt: Any) -> Any:
        """Read a prompt (batch, count) from the beginning of the cache, and return the logits of what follows it."""
        with self._torch.inference_mode():
            batch, count = prompt.shape
            self.tokens[:batch, :count] = prompt
            return self._forward(prompt, self._places[:count], count)

    def step(self, position: int) -> Any:
        """Read the token at a position, write the likeliest next one behind it, and return the logits."""
        with self._torch.inference_mode():
            self._position.fill_(position)
            return self._stepped(position + 1, None)

    def _stepped(self, length: int, mask: Any) -> Any:
        token = self.tokens.index_select(1, self._position)
        logits = self._forward(token, self._position, length, mask)
        self.tokens.index_copy_(1, self._position + 1, logits.argmax(-1, keepdim=True))
        return logits

    def static_step(self, length: int) -> Any:
        """Do the step of the position that is on the device, over a fixed length of cache, and move on by one.

        It is what a graph holds: no number of it comes from the host.
        """
        mask = (self._places[:length] <= self._position).view(1, 1, 1, length)
        logits = self._stepped(length, mask)
        self._position += 1
        return logits

    def decode(self, start: int, count: int) -> None:
        """Write ``count`` tokens behind position ``start``, whose own token is there; the device may still be at it."""
        with self._torch.inference_mode():
            if not self._capture:
                for position in range(start, start + count):
                    self._position.fill_(position)
                    self._stepped(position + 1, None)
                return
            self._position.fill_(start)
            for position in range(start, start + count):
                length = min((position // BUCKET + 1) * BUCKET, self.context)
                self._graph(length)()

    def _graph(self, length: int) -> Any:
        """Return what replays a step over so much of the cache, captured when it is first wanted."""
        if length not in self._graphs:
            torch = self._torch
            if self.device != "cuda":  # the same steps one by one, for tests of them
                self._graphs[length] = lambda: self.static_step(length)
                return self._graphs[length]
            here, tokens = self._position.clone(), self.tokens.clone()
            side = torch.cuda.Stream()
            side.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(side):
                for _ in range(3):  # libraries choose their kernels before anything is captured
                    self.static_step(length)
                    self._position.copy_(here)
            torch.cuda.current_stream().wait_stream(side)
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                self.static_step(length)
            self._position.copy_(here)
            self.tokens.copy_(tokens)
            self._graphs[length] = graph.replay
        return self._graphs[length]

    def capture(self, start: int, count: int) -> None:
        """Capture every graph that decoding so far will need, so that no time is taken of it."""
        if not self._capture:
            return
        with self._torch.inference_mode():
            for position in range(start, start + count, BUCKET):
                self._graph(min((position // BUCKET + 1) * BUCKET, self.context))
            self._graph(min(((start + count - 1) // BUCKET + 1) * BUCKET, self.context))

    def generate(self, prompt: Any, count: int) -> Any:
        """Read a prompt (batch, length), write ``count`` tokens greedily, and return them (batch, count).

        The device may still be at it when this returns.
        """
        length = prompt.shape[1]
        with self._torch.inference_mode():
            logits = self.prefill(prompt)
            self.tokens[: prompt.shape[0], length] = logits.argmax(-1)
        self.decode(length, count - 1)
        return self.tokens[: prompt.shape[0], length : length + count]

    def prompt(self, length: int, batch: int | None = None) -> Any:
        """Return random tokens (batch, length), the same of one seed."""
        size = (batch or self.batch, length)
        generator = self._torch.Generator().manual_seed(length)
        return self._torch.randint(self.shape.vocab, size, generator=generator).to(self.device)
