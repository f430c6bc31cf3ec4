"""Routes of notification rules, tag policies and templates of monitors."""

from starlette.routing import BaseRoute, Route

from lrcp.datadog.documents import Documents
from lrcp.datadog.monitor_rules.notification_rules import NotificationRuleHandlers
from lrcp.datadog.monitor_rules.policies import PolicyHandlers
from lrcp.datadog.monitor_rules.templates import TemplateHandlers
from lrcp.kit.clock import Clock
from lrcp.store.state.resources import ResourceStore


def monitor_rule_routes(store: ResourceStore, clock: Clock) -> list[BaseRoute]:
    """CRUD of what is set for monitors as a whole."""
    rules = NotificationRuleHandlers(Documents(store, "notification_rule", clock))
    policies = PolicyHandlers(Documents(store, "monitor_policy", clock))
    templates = TemplateHandlers(Documents(store, "monitor_template", clock))
    return [
        Route("/api/v2/monitor/notification_rule", rules.list_all, methods=["GET"]),
        Route("/api/v2/monitor/notification_rule", rules.create, methods=["POST"]),
        Route("/api/v2/monitor/notification_rule/{id}", rules.get, methods=["GET"]),
        Route("/api/v2/monitor/notification_rule/{id}", rules.update, methods=["PATCH"]),
        Route("/api/v2/monitor/notification_rule/{id}", rules.delete, methods=["DELETE"]),
        Route("/api/v2/monitor/policy", policies.list_all, methods=["GET"]),
        Route("/api/v2/monitor/policy", policies.create, methods=["POST"]),
        Route("/api/v2/monitor/policy/{id}", policies.get, methods=["GET"]),
        Route("/api/v2/monitor/policy/{id}", policies.update, methods=["PATCH"]),
        Route("/api/v2/monitor/policy/{id}", policies.delete, methods=["DELETE"]),
        Route("/api/v2/monitor/template", templates.list_all, methods=["GET"]),
        Route("/api/v2/monitor/template", templates.create, methods=["POST"]),
        Route("/api/v2/monitor/template/validate", templates.validate, methods=["POST"]),
        Route("/api/v2/monitor/template/{id}", templates.get, methods=["GET"]),
        Route("/api/v2/monitor/template/{id}", templates.update, methods=["PUT"]),
        Route("/api/v2/monitor/template/{id}", templates.delete, methods=["DELETE"]),
        Route("/api/v2/monitor/template/{id}/validate", templates.validate_existing, methods=["POST"]),
    ]
