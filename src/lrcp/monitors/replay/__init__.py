"""Replay: what monitors would have done over history, by the evaluation that runs live; and how good that would have been."""
