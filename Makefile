# Everything needs only make and Python 3.11 or newer: the first run makes .venv and starts its own servers.
#   make up [DETACH=1]   start everything (and make the environment, once)    make down     stop everything
#   make status          is everything well? exit 0 if so                     make logs     [NAME=web] follow the logs
#   make test [ARGS=...] all tests, on servers of their own                   make lint     style, types, migrations, checks
#   make bench           speed and memory beside their floors
PYTHON ?= python3
LOCAL = @$(PYTHON) -m local
MAKEFLAGS += --no-print-directory

.PHONY: help up down status logs test lint bench
help:
	@sed -n '2,5s/^#   //p' Makefile
up:
	$(LOCAL) up $(if $(DETACH),--detach)
down:
	$(LOCAL) down
status:
	$(LOCAL) status $(if $(JSON),--json)
logs:
	$(LOCAL) logs $(NAME) $(if $(FOLLOW),--follow=$(FOLLOW))
test:
	$(LOCAL) test $(ARGS)
lint:
	$(LOCAL) lint
bench:
	$(LOCAL) bench $(ARGS)
