from benchmarks.system import system
from topology.checks import problems
from topology.routing.subscriptions import subscriptions


def test_the_topology_to_load_is_sound_and_of_a_usual_size() -> None:
    found = [
        subscription
        for service in system.services
        for consumer in service.consumers
        for subscription in subscriptions(system, service, consumer)
    ]
    assert problems(system) == []
    assert (len(system.services), len(found)) == (7, 5)
