"""Shapes of every kind, too small to take time: GPT-NeoX, Llama with grouped queries, tied, without rotation."""

from scaletui.bench.shapes import Shape

SHAPES = {
    "neox": Shape("tiny-neox", "test", 3, 64, 4, 4, 16, 256, 211, False, True, 0.25),
    "llama": Shape("tiny-llama", "test", 3, 64, 8, 2, 8, 128, 211),
    "tied": Shape("tiny-tied", "test", 2, 48, 6, 1, 16, 96, 101, True, False, 0.5, True),
    "gpt-2": Shape("tiny-gpt2", "test", 2, 32, 2, 2, 16, 128, 97, False, False, 0.0, True),
}
