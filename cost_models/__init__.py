"""Cost models: from arrays of features to predicted scores.

They see arrays only: neither spaces nor schedules. `COST_MODELS` in `tvmtune.cost_models.models`
lists them, and `make_cost_model` and `load_cost_model` build one by name or from disk.
"""
