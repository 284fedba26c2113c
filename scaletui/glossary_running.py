"""What the numbers of a model that runs mean: how fast it is, the copies of it, what they learn. See `glossary`."""

SPEED = """
time_per_token: time/token
    wait for each token of one answer: small is fast
tokens_per_minute: tokens/min
    tokens that one answer grows by in a minute: large is fast
words_per_minute: words/min
    the same in words
human_multiple: x human
    that over a person's words a minute; Copies takes roofline's
predicted_tokens_per_minute: roofline
    the most that the chip's memory and arithmetic would allow [tokens a minute]
roofline_share: share
    measured over roofline: large is a chip that is used well; small models are far from it
gpus: GPUs
    accelerators that run the one model: large is dear; where it is a best number, it is not rounded
cost_per_million_tokens: $/M tokens
    rent of these while the batch writes a million tokens [USD]: small is cheap; steinhardt-2022 has a batch of its own
speed: speed by k-tiling, x human*
    how fast the model is once k-tiled, as claimed: without latency
speed_factor: k-tiling: speed x k^2
    how many times faster it gets, as claimed
throughput_factor: k-tiling: throughput / k
    what is left of the tokens that the same machines write in all: the price of speed
gpus_factor: k-tiling: GPUs a copy x k^2
    how many times more accelerators the one model is spread over
copies_factor: k-tiling: copies / k^3
    what is left of the number of copies on the same machines
latency_speed_factor: speed-up that latency leaves
    how many times faster it gets where every matrix multiply also waits: nearer to what can be had than k^2
latency_ceiling: speed-up for k without end
    the most of that, whatever k is
latency_speed: speed with latency, x human*
    how fast the model is then, beside a person
latency_speed_ceiling: the same for k without end
    the most of that, whatever k is
human_tokens_per_minute: tokens a minute of a person
    the person that 'x human' compares with
kv_bytes_per_token: KV cache a token of context
    memory that each token of the context takes [bytes]: small lets more answers be written at once
kv_bytes: KV cache of the batch
    memory of the contexts of all sequences [bytes]; it is read for every token, as the weights are
memory_needed: weights and cache
    memory that the model takes [bytes]
memory_share: share of the memory
    that over the memory of the machine: above 100% it does not fit
prefill: prefill, arithmetic alone
    time to read the prompt, if chips did nothing but arithmetic at their peak: small is good
time_to_first_token: time to the first token
    wait until an answer begins: small is good
critical_batch: critical batch [sequences], no cache
    sequences at once at which chips stop waiting for their memory: up to it more answers slow none, above it all
tile_rate: M^3/C^2 of the accelerator [1/s]
    how fast the chip can make one single answer: memory bandwidth M cubed over peak C squared; large is good
matmul_time: multiply on enough chips, least time
    time of one matrix multiply over as many chips as it keeps busy, however many you have: small is fast
tile_side: rows and columns of a tile
    numbers along each side of the square that one chip works on; in smaller ones chips wait
tile_batch: batch that fills steinhardt's tiles
    tokens that must go through together for the chips to be busy, whatever Batch says
tile_rate_printed: M^3/C^2 at its source's rates [1/s]
    the same for the bandwidth and peak in the table of GPUs of its source, where these differ from the presets
speed_slope: slope of log speed in log size, measured
    how speed falls with size: at -0.5 a model 100 times larger is 10 times slower
throughput: tokens/s of the batch, *
    tokens that all sequences write together [tokens/s]: large is cheap
batch: sequences at once, *
    answers that are written at the same time
time_per_token_with_latency: time a token, steinhardt-2022 with latency
    time/token where every matrix multiply also waits
"""

COPIES = """
human_tokens_per_minute: tokens a minute of a person
    the person that work is counted in
clock_share: share of the clock that a person works
    hours at work of all hours: 24% is 8 hours on 5 days
chain_base_flops: measurement: training compute of *
    what the model that the forecast starts from took [FLOP]
chain_base_pass_flops: measurement: FLOP of one forward pass
    what that model takes for a token [FLOP]
chain_base_passes: arithmetic: forward passes *
    the first over the second: tokens it could write for the compute that trained it
chain_base_work: arithmetic: years of work *
    how long one person takes for as many tokens; 'printed' is what the source says
chain_flops_trend: judgement: compute of *, by trend
    training compute of the model that is forecast, if growth goes on [FLOP]
chain_flops_second: judgement: the same, a second projection
    training compute by another way of reckoning [FLOP]
chain_flops: arithmetic: their geometric mean
    training compute that the forecast goes on with [FLOP], or yours in its place
chain_flops_growth: arithmetic: times *'s *
    that over the compute of the first model
chain_overhang_growth: arithmetic: overhang grows *
    how many times the passes of the first model it buys: the square root, as half of it goes into a larger model
chain_grown_work: arithmetic: work so grown *
    years of work of the first model, times that growth
chain_shortfall: judgement: * was too large, times
    how many times more passes the first run would have bought with a smaller, better trained model
chain_work: arithmetic: work in all *
    years of work times that as well: what arithmetic comes to for this C
chain_bound_data: judgement: growth, short of data
    how little the overhang may grow over the first model's, if there is too little text
chain_update_passes: arithmetic: passes an update, synthetic data
    forward passes that learning from a token takes, if the model has to write what it learns from
chain_update_cost: arithmetic: times the usual
    that over the 3 of plain training
chain_bound_synthetic: arithmetic: growth, synthetic *
    how much the overhang may grow over the first model's at most, if so
chain_growth_judged: judgement: growth settled on
    growth of the overhang over the first model's that the source takes, between these two
chain_work_product: arithmetic: product of these
    years of work by the source's own factors, the first model's years and both judgements; it prints more
chain_work_judged: judgement: years of work, the forecast
    years of one person's work that the compute of training could do instead: the forecast itself
chain_time: judgement: training takes
    how long the training run lasts, and so the machines are there
chain_copies: arithmetic: copies at human speed
    years of work over that: copies that could run on the machines of training, as fast as a person
chain_speed: judgement: speed of a copy, in humans
    how fast a copy thinks beside a person: large is fast
chain_year_of_work: arithmetic: a copy's time for a year of work
    how long it takes for what a person does in a year
chain_k: judgement: k of the k-tiling
    how much smaller the tiles are made
chain_speed_k: arithmetic: speed then, in humans
    speed of a copy with k^2 in it
chain_copies_k: arithmetic: left of *
    copies that the same machines then run, k^3 times fewer; the source takes its years of work for so many agents
chain_work_k: arithmetic: years of work left
    work that they then do: k times less, the price of speed
compute: C
    compute that trained the model [FLOP]
params: N
    size of the model [parameters]: what a token costs
fleet_rate: tokens/s of *
    tokens that the whole machine writes in a second [tokens/s]
passes: tokens training's compute could write
    tokens that copies can write for the same compute; of training on D tokens 3 D
work_time: time that one person would take for them
    a person's time for as many tokens: large is much work
work_years: person-years of work
    the same time in years of 365 days
copies: copies at * human speed that do it in *
    copies, running without a pause, that do it in the time, each token as cheap as in training: if not, there are fewer
workers: people at these hours who do it in *
    people who do as much in that time
copies_k: copies after k-tiling, at *
    copies that the same machines run once each is k^2 times faster: k^3 times fewer
work_time_k: work the k-tiled copies do in *
    a person's time for what they do: k times less, the price of speed
work_years_k: person-years that they do
    the same in years of 365 days
accelerators_per_copy: * a copy
    accelerators, or the part of one, that a copy takes up: small is cheap
accelerators_per_copy_k: * a copy after k-tiling
    the same for the faster copies
year_of_work_time: a copy's time for a year of work
    how long a copy takes for what a person does in a year: small is fast
speed_k: speed after k-tiling, in humans
    how fast a copy then thinks beside a person, without latency
year_of_work_time_k: time for a year of work after k-tiling
    how long such a copy takes for what a person does in a year
"""

LEARNING = """
human_tokens_per_minute: tokens a minute of a person
    the person that learning is counted in
clock_share: share of the clock that a person works
    hours at work of all hours: 24% is 8 hours on 5 days
minutes: a person's work that each user asks for
    how long a person would be busy with what one user asks for in a day; without Minutes as the forecast has it
person_days: person-days learned a day
    days that a person would live for what all copies learn in one: large is fast learning
learning_time: a person would take, for what is learned a day
    the same as a time to live
learning_years: years of a person, learned a day
    the same in years of 365 days
learning_years_an_hour: years learned an hour
    a 24th of that
copies: copies at human speed that are kept busy
    copies times their speed: minds as fast as a person that learn at once
tokens_a_day: tokens a day
    text that these write or read in a day [tokens]; compare it with the D of training
critical_batch: critical batch
    tokens that one update can learn from before more add little [tokens]
critical_copies: copies that fill it
    copies whose tokens make up that batch: with as many, half of what each learns is lost
effective_copies: copies that these are worth
    copies that would learn as much if nothing were lost; never more than fill the batch
worth: what each is worth
    that over your copies: near 100% they learn apart, near 0 there are too many
effective_time: learned a day under this ceiling
    how long a person takes for what is learned a day, with that loss
effective_years: years of a person, under this ceiling
    the same in years of 365 days
"""
