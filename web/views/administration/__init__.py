"""Pages of the provider's administrator. What each act demands is decided in the services that they call."""
