"""Changes of divisions (区划变更): which units become which, planned and confirmed by the city, followed in the counties' logs."""
