"""HTTP: ``kubesieve serve``. One request: route, limits, scrape (shared), sieve, answer, one access record."""
