from parlor.api.readiness import Readiness


def test_a_process_is_not_ready_before_it_has_started():
    readiness = Readiness()
    assert readiness.reasons == ("starting",)
    readiness.on_started()
    assert readiness.is_ready


def test_draining_is_for_good():
    readiness = Readiness()
    readiness.on_started()
    readiness.on_draining()
    readiness.on_started()
    assert readiness.reasons == ("draining",)
