"""Floor 6: settings, registry and wiring; the only place that builds adapters."""
