"""The panels on the right: parameters, library, citations, inspector; `tabs` holds them."""
