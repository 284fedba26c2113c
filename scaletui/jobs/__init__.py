"""Work in shards: a folder of a run, workers that fill it, on this machine or through Slurm, and what comes of them.

`scaletui.jobs.kinds` says how a kind of work hangs in. Nothing here is imported by a one-shot that asks for none of it.
"""
