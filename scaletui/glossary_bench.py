"""What the numbers of a measurement of speed mean, by row id (see `scaletui.glossary`)."""

_PACE = """time_per_token: time/token
    wait for each token of one sequence: the slope of the line, or of a step; small is fast
tokens_per_minute: tokens/min
    tokens that one sequence grows by in a minute: large is fast
bandwidth_share: bandwidth
    bytes that a step reads in its time, over what a copy or a sum reached here: near 100% the memory is the limit
latency: latency, the line's intercept
    what a text takes beside its tokens: below 0 it was not more than the noise
unexplained: variance that the line leaves
    1 - R^2: small is good; much of it says that something else ran
"""

BENCH = (
    _PACE
    + """words_per_minute: words/min
    the same in words
human_multiple: x human
    that over a person's words a minute
throughput: tokens/s
    tokens that all sequences write together [tokens/s]: large is cheap
time_per_token_error: standard error of the time a token
    how far the slope may be off, by the scatter about the line: small is good
latency_error: standard error of the latency
    how far the intercept may be off
r_squared: R^2 of the line
    share of the differences in time that n accounts for: 1 is best, and below 0.99 it is worth to measure again
bandwidth_achieved: bandwidth reached, *
    bytes of weights and cache that a step reads, over its time [bytes/s]
flop_share: share of the matmul's rate, decoding
    arithmetic of a step over the most that was reached here: small for one sequence, as memory is the limit
prefill_rate: prompt read, * tokens at once
    tokens of a prompt that are read in a second [tokens/s]: large is good
prefill_flop_share: share of the matmul's rate, prompt
    arithmetic of that over the most that was reached here: near 100% a prompt goes as fast as it can
first_token: time to the first token, median
    wait until a server's answer begins: small is good
bandwidth_copy: bandwidth of a copy
    bytes of memory that are read and written in a second, measured first [bytes/s]
bandwidth_read: bandwidth of a sum
    bytes of memory that are read in a second, measured first [bytes/s]
matmul_rate: rate of a square matmul
    arithmetic of a large matrix multiply, measured first [FLOP/s]
speed_up: speed-up
    how many times faster k^2 processes that share the model are than one
speed_up_latency: expected
    the same, by how long the processes here take to add up what each has
speed_up_claimed: k^2
    the same where that takes no time, as claimed
sum_latency: sum over * processes, *
    wait until all processes have the sum of what each has: small is good
logit_difference: logits off those of one process [of their spread]
    how far what they work out together is from what one works out alone: near 0 they do the same work
params: parameters
    of the shape that is measured
memory_needed: weights, cache and work
    memory that it takes [bytes]; what does not fit is said before anything is tried
"""
)

_ASIDE = """words_per_minute: words a minute, *
    the same in words
throughput: tokens/s of the batch, *
    tokens that all sequences write together [tokens/s]: large is cheap
"""

BENCH_LIST = (
    _ASIDE
    + """time_per_token: time a token, *
    wait for each token of one sequence: small is fast
tokens_per_minute: tokens/min
    tokens that one sequence grows by in a minute: large is fast
human_multiple: x human
    that over a person's words a minute
unexplained: 1 - R^2
    what the line leaves of the differences in time: small is good
timings: timings
    how many texts were timed
"""
)

BENCH_COMPARE = (
    _PACE
    + _ASIDE
    + """human_multiple: x human, *
    tokens a minute over those of a person
speed_ratio: ratio
    tokens a minute over those of the first result: above 1 is faster
"""
)
