"""Downtimes: what they silence, and when. Pure. A downtime mutes notifications; evaluation, states and SLOs go on."""
