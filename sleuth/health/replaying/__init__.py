"""Replays: the deploys of the last 30 days, judged as they would have been live, by a proposal.

``models`` is what is kept, ``due`` what the tick and leases need, ``work`` does it in a worker,
``results`` and ``wording`` tell what came of it, ``service`` begins and decides, and ``applying``
saves what was decided.
"""
