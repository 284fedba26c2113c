"""The words of the trade in plain ones; a help defines those that it uses."""

from __future__ import annotations

import re

_TEXT = """
C: compute that trains a model [FLOP]; C = 6 N D, as each token takes 6 FLOP a parameter
N: parameters of a model; which of them count differs by law: Explain says
D: tokens that a model is trained on; GPT-3 read 300 billion
L: loss [nats/token]
parameter, weight: one of the numbers in a model that training adjusts; 70B of them are 70 billion
token: a word or a piece of one; 4 tokens are about 3 words
loss: how unlikely a model finds the token that really came next, as minus a logarithm; 0 is never surprised. Little is
    much: by chinchilla-3 GPT-3 has 1.98, Chinchilla 1.92. Losses of laws fitted on different text do not compare
nats/token: unit of the loss; 0.69 nats are one bit, as of a coin thrown
FLOP: one addition or multiplication: an amount of arithmetic, as energy is an amount; GPT-3 took 3.1e23, or 3.1 x 10^23
FLOP/s: FLOP in every second: a rate, as power is; an H100 reaches about 10^15
law, scaling law: formula, fitted to many training runs, for the loss of an N and D, and so for the best of them at each
    C; named by author and year
coefficient: a number of a law that was fitted
compute-optimal, optimal: with the least loss that this C can buy
dense: a dense model uses every weight on every token; a dense rate leaves out tricks with zeros
transformer: the kind of model that language models are: layers of matrix multiplies
MFU: model FLOP utilisation: the share of the peak rate that a run makes use of
accelerator, chip, GPU: a processor for such arithmetic, as an H100
peak: the FLOP/s that a chip could do at most
bandwidth: bytes that a chip gets out of its memory in a second, or a machine over its network
presets: the published numbers that come with scaletui, and those of your own
precision, number format, bf16, fp16, fp8: how many bits a number has: fewer are faster, and coarser
hire: rent
unique, unique tokens: text that is not read twice; where there is less than D, it is read again
mixture: any of the laws may hold: each sample takes one of them
log-normal: a value as likely to be twice as half of its median; the logarithm of it follows a bell curve
median: half of the samples lie above it, half below
quartile: a quarter of the samples lie below the lower one, a quarter above the upper one
odds: p / (1 - p): 50% are odds of 1, 80% of 4
sample: one draw of all that is uncertain, and what follows from it
isoFLOP: of equal compute: many sizes N, each with the D that makes it cost the same C
frontier: the best that can be had at each C
first seen, ability, abilities: models score no better than by guessing up to some scale, and clearly better
    beyond: that scale is where the ability was first seen
scale: how large a training run is: its C, or its N
few-shot: shown some solved examples in the prompt, without training on them
benchmark, MMLU: a published test; MMLU has questions of 57 subjects, hindsight neglect asks if a bet was wise
perplexity: among how many equally likely words a model seems to choose; e to the loss of a word
forward pass, pass: running a model once over a token, about 2 N FLOP; to learn from it takes three times that
prompting: how a model was asked, such as few-shot
decoding: writing one token after another; each needs a forward pass, and so all weights out of memory
roofline: the most that a chip can do: its memory gives the weights no faster, or its arithmetic uses them no faster
steinhardt-2022: cuts every matrix multiply into tiles over as many chips as stay busy, and leaves latency out
erdil-2025: counts the time that chips take to tell each other; at the best number of them, and, as
    erdil-2025-fleet, on yours
kipply: the time to read the weights, and a fixed one for the messages between chips
layer: one of the stages of a model, which follow each other
KV cache, cache, KV heads, head: the model keeps keys and values of each token of the context, so as not to
    work them out again; layers have so many heads of them
context: the tokens before the one that is written
prompt: the text that a model is given before it writes
sequence: one text that is being written, such as an answer
latency: a wait that is there however little is to be done
hop, all-reduce: chips add up their parts of a result, passing them on from one to the next, a hop
matrix multiply: the main arithmetic of a model; two of them a layer
tile, k-tiling: a tile is a chip's piece of a matrix multiply; k-tiling makes its sides k times shorter, over
    k^2 times as many chips: a model gets k^2 times faster, and the same chips do k times less in all
k: how much shorter the sides of the tiles are made; 1 changes nothing
throughput: tokens/s of everything that is written at once
batch: what goes through together: in training the tokens of one step, in decoding the sequences
critical batch, B_crit: the batch beyond which a larger one gains little
step, update: one change of the weights, after a batch
step size, learning rate: how far one step moves the weights
gradient: the direction in which weights have to move for the loss to fall
noise scale, B_noise: how much gradients differ from batch to batch beside what they share; about the critical batch
S_min: fewest steps to a loss, with a boundless batch
E_min: fewest tokens to a loss, with a tiny batch
copy, copies: one instance of a model that runs by itself, as one worker does
person, human: thinks 380 words a minute, around the clock, where nothing else is said
extended: thought as if written out in whole sentences, 4,200 words a minute
geometric mean: the root of the product of two: as many times above one as below the other
overhang: the work that the compute of training buys, once it is free to run copies instead
synthetic: written by a model
forecast: of GPT-2030, a model of that year (Steinhardt 2023): measured, worked out and judged steps
squared norm: length of a gradient, squared
residual: what a law says of a run over what the run had, in logarithms: 0.01 is 1% too high
resample: the runs drawn again at random, as if they had been trained anew; how far the fits differ is their doubt
parametric, Approach 3: L = E + A/N^alpha + B/D^beta, fitted to all runs at once (Hoffmann et al. 2022)
approach: a way to fit a law to runs (Hoffmann et al. 2022): 1 envelope, 3 parametric, 2 isoflop: the best N at each C
    by a parabola through the runs of that C, then a power law of C
envelope, Approach 1: the lowest of all training curves at each C, then a power law of C; it needs curves
power law: a quantity that grows by the same factor whenever another doubles: a line where both axes are logarithms
Huber: squares of small residuals, and no more than the size of large ones, so that odd runs count less
line, slope, intercept: time = intercept + slope x tokens, so that the misses squared are least: the slope is the time
    that one more token takes, the intercept what is left at none
R^2: share of the differences in time that the number of tokens accounts for: at 1 all points lie on the line
standard error: how far off a number is likely to be: two times out of three by less
ladder, rung: the numbers of tokens n that are timed, such as 100, 200, ..., 1900; each is a rung
prefill: reading the prompt, all its tokens at once
likelihood: how probable the runs are under a law; where it hardly falls, the runs cannot tell
"""


def _words(text: str) -> list[tuple[str, re.Pattern[str], str]]:
    found: list[tuple[str, re.Pattern[str], str]] = []
    for line in re.sub(r"\n {4}", " ", text).strip().splitlines():
        head, _, meaning = line.partition(": ")
        names = head.split(", ")
        ends = "(?:s|es)?" if len(head) > 1 else ""
        either = "|".join(re.escape(name) for name in names)
        flags = 0 if all(len(name) == 1 for name in names) else re.IGNORECASE
        found.append((head, re.compile(rf"(?<![\w^/-])(?:{either}){ends}(?![\w^])", flags), meaning))
    return found


WORDS = _words(_TEXT)
"""Every word: as it is listed, what finds it in a text, what it means."""


def words_of(text: str) -> list[tuple[str, str]]:
    """Return the words of the trade in a text, and those that their meanings use, each with its meaning.

    >>> [word for word, _ in words_of("The loss at each C.")]
    ['C', 'N', 'D', 'parameter, weight', 'token', 'loss', 'FLOP', 'law, scaling law']
    """
    found: dict[str, str] = {}
    left = text
    while left:
        new = {word: meaning for word, pattern, meaning in WORDS if word not in found and pattern.search(left)}
        found |= new
        left = "\n".join(new.values())
    return [(word, meaning) for word, _, meaning in WORDS if word in found]
