"""What is done when a call to a provider fails: decided purely, remembered for each target, tried one by one or side by side."""
