"""What the numbers of a fit mean, by row id (see `scaletui.glossary`)."""

FIT = """
E: E, irreducible loss
    part of the loss that no N and D take away [nats/token]
A: A of A/N^alpha
    how much loss finite N costs: alone it means little, as it trades off with alpha
B: B of B/D^beta
    how much loss finite D costs: alone it means little, as it trades off with beta
alpha: alpha
    how fast the loss falls with N: large is fast
beta: beta
    how fast the loss falls with D: large is fast
a: a of N_opt ~ C^a
    the share of a growth of C, in its logarithm, that goes into N: at 0.5 as much as into D
b: b of D_opt ~ C^b
    the share that goes into D: a and b add up to 1
objective: objective
    what the fit made least: the sum over runs; only fits of the same runs and Objective compare
delta: delta, in ln L
    residuals up to which a run counts by its square; beyond, by its size, so that outliers weigh less
residual_spread: deviation of residuals, ln L
    robust standard deviation of ln L_hat - ln L: the noise of the runs, if the law is right
left_out_error: error at left-out budgets, ln L
    how far off the loss of a budget is by the law of the others: 0.01 is 1%
k_params: k of N_opt = k C^a
    N_opt at C = 1 FLOP; it trades off with a
k_tokens: k of D_opt = k C^b
    D_opt at C = 1 FLOP; it trades off with b
valley_params: N_opt at *
    where the parabola through the runs of that budget is lowest [parameters]
curvature: curvature: change of a a decade
    0 where N_opt is one power of C; where it is not, the frontier bends, and a law fitted small misses large
scale: a of L = a C^b + c
    what falls with C, at C = 1 FLOP; it trades off with b
exponent: b of L = a C^b + c
    how fast the least loss falls with C, below 0
irreducible: c of L = a C^b + c
    part of the least loss that no C takes away [nats/token]
objective_pure: objective, without c
    the same without an irreducible loss: much larger, where the runs show one
exponent_pure: b of L = a C^b
    how fast the least loss falls with C, if all of it can be taken away
held_out_loss: loss at *, held out
    loss of the largest run, that of a thousand times smaller ones is to foretell [nats/token]
held_out_predicted: foretold from below by a C^b + c
    what these foretell for it [nats/token]: the nearer, the more the law may be trusted
held_out_predicted_pure: foretold from below by a C^b
    the same without an irreducible loss [nats/token]
runs: runs
    how many runs, or curves, it was fitted to
points: points of the frontier
    how many budgets the law of compute was fitted to
compute: C
    the budget of a line [FLOP]
profile_E: E, by its profile
    the interval of E by the likelihood instead of by resamples [nats/token]
profile_alpha: alpha, by its profile
    the interval of alpha by the likelihood instead of by resamples
profile_beta: beta, by its profile
    the interval of beta by the likelihood instead of by resamples
correlation_A_alpha: correlation of ln A with alpha
    over the resamples: at 1 or -1 the runs cannot tell the two apart
correlation_B_beta: correlation of ln B with beta
    over the resamples: at 1 or -1 the runs cannot tell the two apart
correlation_E_alpha: correlation of E with alpha
    over the resamples: near 1 a larger E goes with a larger alpha
correlation_E_beta: correlation of E with beta
    over the resamples: near 1 a larger E goes with a larger beta
converged: converged (1 yes, 0 no)
    whether the least objective was found; where it was not, no number of that approach means anything
"""
