"""The gateway's folder by its names, which whoever publishes to it shares."""

from retrain_platform.adapters.gateway_home import GatewayHome

__all__ = ["GatewayHome"]
