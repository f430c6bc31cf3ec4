"""The official datadog-api-client: metrics (both versions, distributions), logs, events (both versions), a check."""

import json
import sys
import time

from datadog_api_client import ApiClient, Configuration
from datadog_api_client.v1.api.authentication_api import AuthenticationApi
from datadog_api_client.v1.api.events_api import EventsApi as EventsV1
from datadog_api_client.v1.api.metrics_api import MetricsApi as MetricsV1
from datadog_api_client.v1.api.service_checks_api import ServiceChecksApi
from datadog_api_client.v1.model.distribution_point import DistributionPoint
from datadog_api_client.v1.model.distribution_points_payload import DistributionPointsPayload
from datadog_api_client.v1.model.distribution_points_series import DistributionPointsSeries
from datadog_api_client.v1.model.event_alert_type import EventAlertType
from datadog_api_client.v1.model.event_create_request import EventCreateRequest
from datadog_api_client.v1.model.metrics_payload import MetricsPayload
from datadog_api_client.v1.model.point import Point
from datadog_api_client.v1.model.series import Series
from datadog_api_client.v1.model.service_check import ServiceCheck
from datadog_api_client.v1.model.service_check_status import ServiceCheckStatus
from datadog_api_client.v1.model.service_checks import ServiceChecks
from datadog_api_client.v2.api.events_api import EventsApi as EventsV2
from datadog_api_client.v2.api.logs_api import LogsApi
from datadog_api_client.v2.api.metrics_api import MetricsApi as MetricsV2
from datadog_api_client.v2.model.change_event_custom_attributes import ChangeEventCustomAttributes
from datadog_api_client.v2.model.change_event_custom_attributes_changed_resource import (
    ChangeEventCustomAttributesChangedResource,
)
from datadog_api_client.v2.model.change_event_custom_attributes_changed_resource_type import (
    ChangeEventCustomAttributesChangedResourceType,
)
from datadog_api_client.v2.model.content_encoding import ContentEncoding
from datadog_api_client.v2.model.event_category import EventCategory
from datadog_api_client.v2.model.event_create_request import EventCreateRequest as EventV2
from datadog_api_client.v2.model.event_create_request_payload import EventCreateRequestPayload
from datadog_api_client.v2.model.event_create_request_type import EventCreateRequestType
from datadog_api_client.v2.model.event_payload import EventPayload
from datadog_api_client.v2.model.http_log import HTTPLog
from datadog_api_client.v2.model.http_log_item import HTTPLogItem
from datadog_api_client.v2.model.metric_content_encoding import MetricContentEncoding
from datadog_api_client.v2.model.metric_intake_type import MetricIntakeType
from datadog_api_client.v2.model.metric_payload import MetricPayload
from datadog_api_client.v2.model.metric_point import MetricPoint
from datadog_api_client.v2.model.metric_series import MetricSeries

configuration = Configuration(host=sys.argv[1])
configuration.api_key["apiKeyAuth"] = "test-key"
now = int(time.time())
tags = ["suite:api", "shop:north"]

with ApiClient(configuration) as client:
    valid = AuthenticationApi(client).validate().valid
    series = MetricSeries(
        metric="api.orders", type=MetricIntakeType.COUNT, points=[MetricPoint(timestamp=now, value=4.0)], tags=tags
    )
    MetricsV2(client).submit_metrics(body=MetricPayload(series=[series]), content_encoding=MetricContentEncoding.GZIP)
    gauge = Series(metric="api.stock", type="gauge", points=[Point([float(now), 9.0])], tags=tags)
    MetricsV1(client).submit_metrics(body=MetricsPayload(series=[gauge]))
    spread = DistributionPointsSeries(
        metric="api.checkout", points=[DistributionPoint([float(now), [1.0, 2.0, 3.0]])], tags=tags
    )
    MetricsV1(client).submit_distribution_points(body=DistributionPointsPayload(series=[spread]))
    logs = [
        HTTPLogItem(
            message="parcel sent", ddsource="shop", ddtags="env:e2e,team:north", service="api-logs", hostname="h1"
        ),
        HTTPLogItem(message="parcel lost", service="api-logs", status="error", order="7"),
    ]
    LogsApi(client).submit_log(content_encoding=ContentEncoding.DEFLATE, body=HTTPLog(logs))
    event = EventsV1(client).create_event(
        body=EventCreateRequest(
            title="Price changed",
            text="Kettles cost less",
            tags=tags,
            alert_type=EventAlertType.INFO,
            aggregation_key="api-prices",
        )
    )
    flag = ChangeEventCustomAttributesChangedResource(
        name="free-shipping", type=ChangeEventCustomAttributesChangedResourceType.FEATURE_FLAG
    )
    change = EventPayload(
        title="Free shipping on",
        message="A flag was switched",
        category=EventCategory.CHANGE,
        attributes=ChangeEventCustomAttributes(changed_resource=flag),
        aggregation_key="api-flags",
        tags=tags,
    )
    request = EventV2(type=EventCreateRequestType.EVENT, attributes=change)
    accepted = EventsV2(client).create_event(body=EventCreateRequestPayload(data=request))
    check = ServiceCheck(
        check="api.up", host_name="h1", status=ServiceCheckStatus.CRITICAL, tags=tags, message="down", timestamp=now
    )
    ServiceChecksApi(client).submit_service_check(body=ServiceChecks([check]))

print(json.dumps({"valid": valid, "time": now, "event": event.status, "event_v2": accepted.data.type}))
