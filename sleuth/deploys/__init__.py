"""Code deployments, deploys and the registration API."""
