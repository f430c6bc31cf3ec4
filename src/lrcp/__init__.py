"""LRCP, the LLM Reliability Control Plane: observe, judge, detect, diagnose, act, verify."""

__version__ = "0.1.0"
