from parlor.api.readiness import Readiness


def test_a_process_is_not_ready_before_it_has_started():
    readiness = Readiness()
    assert readiness.reasons == ("starting",)
    readiness.on_started()
    assert readiness.is_ready


def test_trouble_holds_readiness_back_until_it_is_over():
    readiness = Readiness()
    readiness.on_started()
    readiness.on_trouble("bus", "the bus is away")
    readiness.on_trouble("database", "the disk is full")
    readiness.on_recovered("bus")
    assert readiness.reasons == ("the disk is full",)


def test_draining_is_for_good():
    readiness = Readiness()
    readiness.on_started()
    readiness.on_draining()
    readiness.on_started()
    readiness.on_recovered("draining")
    assert readiness.reasons == ("draining",)
