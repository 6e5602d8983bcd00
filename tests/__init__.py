"""All tests of Bough; the area a test belongs to is its folder."""
