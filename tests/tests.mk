# What tests, measures and checks. Included by the Makefile.
