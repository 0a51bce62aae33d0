import pytest
from prometheus_client.parser import text_string_to_metric_families

from parlor.drivers.prometheus import PrometheusMeter


def _samples(meter: PrometheusMeter) -> dict[str, float]:
    body, _ = meter.exposition("")
    found = {}
    for family in text_string_to_metric_families(body.decode()):
        for sample in family.samples:
            labels = ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


def test_counts_add_up_by_their_labels():
    meter = PrometheusMeter()
    meter.count("http_requests", route="/a", status="200")
    meter.count("http_requests", 2, status="200", route="/a")
    meter.count("http_requests", route="/b", status="404")
    meter.count("bus_dropped")
    samples = _samples(meter)
    assert samples["parlor_http_requests_total{route=/a,status=200}"] == 3
    assert samples["parlor_http_requests_total{route=/b,status=404}"] == 1
    assert samples["parlor_bus_dropped_total{}"] == 1


def test_a_measurement_is_in_its_bucket_and_all_wider_ones():
    meter = PrometheusMeter()
    for value in (0.0005, 0.2, 60.0):
        meter.observe("http_seconds", value)
    samples = _samples(meter)
    assert samples["parlor_http_seconds_bucket{le=0.0005}"] == 1
    assert samples["parlor_http_seconds_bucket{le=0.1}"] == 1
    assert samples["parlor_http_seconds_bucket{le=0.25}"] == 2
    assert samples["parlor_http_seconds_bucket{le=+Inf}"] == 3
    assert samples["parlor_http_seconds_count{}"] == 3
    assert samples["parlor_http_seconds_sum{}"] == pytest.approx(60.2005)


def test_what_is_counted_in_units_has_buckets_of_units():
    meter = PrometheusMeter()
    for size in (1, 26, 256):
        meter.observe("storage_batch_units", size)
    samples = _samples(meter)
    assert samples["parlor_storage_batch_units_bucket{le=1.0}"] == 1
    assert samples["parlor_storage_batch_units_bucket{le=32.0}"] == 2
    assert samples["parlor_storage_batch_units_bucket{le=256.0}"] == 3


def test_a_gauge_is_asked_at_each_scrape():
    meter, online = PrometheusMeter(), [1, 2]
    meter.gauge("connections", lambda: len(online), "Live connections of this process.")
    assert _samples(meter)["parlor_connections{}"] == 2
    online.append(3)
    assert _samples(meter)["parlor_connections{}"] == 3
    with pytest.raises(ValueError, match="connections"):
        meter.gauge("connections", lambda: 0, "Another.")


def test_a_gauge_may_have_a_value_for_each_of_a_few_labels():
    meter, left = PrometheusMeter(), {"one.example": 60.0, "two.example": -1.0}
    meter.gauges("expires_seconds", "name", lambda: left, "Seconds that are left.")
    samples = _samples(meter)
    assert samples["parlor_expires_seconds{name=one.example}"] == 60
    assert samples["parlor_expires_seconds{name=two.example}"] == -1
    with pytest.raises(ValueError, match="expires_seconds"):
        meter.gauges("expires_seconds", "name", dict, "Another.")


def test_the_process_itself_is_measured():
    assert _samples(PrometheusMeter())["process_open_fds{}"] > 0


def test_label_values_of_hostile_clients_are_escaped():
    meter = PrometheusMeter()
    meter.count("closes", reason='a"\n b\\')
    assert _samples(meter)['parlor_closes_total{reason=a"\n b\\}'] == 1


def test_the_format_is_the_one_that_the_scraper_asks_for():
    body, content_type = PrometheusMeter().exposition("application/openmetrics-text; version=1.0.0")
    assert content_type.startswith("application/openmetrics-text")
    assert body.endswith(b"# EOF\n")
