"""What jobs do for situations: see to it that the stand-in is in those that are wanted."""

from __future__ import annotations

from collections.abc import Collection

from sleuth import clock
from sleuth.demo import stand_in, wishes
from sleuth.demo.stand_in import StandInError
from sleuth.demo.wishes import Standing, Wish


def arrange(organization_id: int) -> None:
    """Carry out what is ordered, and again what a restarted stand-in has forgotten.

    Raises:
        StandInError: it does not do as it is told; the orders say why.
    """
    wishes.end_what_is_over(organization_id, clock.now())
    found = list(wishes.wishes_of(organization_id).values())
    try:
        _tell(found)
    except StandInError as error:
        wishes.note_failed(organization_id, found, str(error))
        raise
    wishes.note_applied(organization_id, found)


def _tell(found: Collection[Wish]) -> None:
    """Order what differs; whatever others have ordered of the stand-in stays."""
    known = {each["name"]: each for each in stand_in.situations()}
    wanted = [_order(each) for each in found if each.is_wanted]
    ended = [each.situation.name for each in found if each.standing == Standing.ENDING]
    stand_in.begin_situations([each for each in wanted if known.get(each["name"]) != each])
    for name in ended:
        stand_in.end_situation(name)


def _order(wish: Wish) -> dict[str, str]:
    since, until = (each.isoformat() if each else "" for each in (wish.since, wish.until))
    return {"name": wish.situation.name, "since": since, "until": until}
