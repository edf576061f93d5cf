"""The sandbox's authorization server: SMART App Launch 2.2.0 standalone launch, by hand."""
