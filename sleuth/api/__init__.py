"""The API that reads: deploys, what their verdicts rest on, and the stored series."""
