"""The journal and what lies beside it: two stores, one contract."""
