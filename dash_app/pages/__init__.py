"""One package per page: `layout` says what is on it, `callbacks` which script draws what."""
