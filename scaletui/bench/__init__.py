"""The measured side of speed: a transformer of random weights, timed where it runs. Torch is imported only here."""
