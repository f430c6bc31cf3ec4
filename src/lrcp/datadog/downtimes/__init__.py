"""Downtimes: scheduled silence, in the newer API's form (v2) and in the older one's (v1)."""
