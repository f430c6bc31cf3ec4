"""OpenTelemetry's own protocol, over HTTP (4318) and gRPC (4317); both go through the same decoders."""
