"""The lab: monitors tested against series, logs and spans written by hand, with the evaluation that runs live."""
