# A thin front of make.py, where everything is; without make: python3 make.py COMMAND
PYTHON ?= python3
COMMANDS = demo test check bench run migration screenshots format lock setup help
OPTIONS = ARGS DAYS FRESH LEARNERS ONLY PORT UPGRADE WORKERS m

# Only what was typed on the command line, quoted for the shell.
given = $(foreach one,$(OPTIONS),$(if $(findstring command line,$(origin $(one))),'$(one)=$(subst ','\'',$($(one)))'))

.DEFAULT_GOAL := help
.PHONY: $(COMMANDS)

$(COMMANDS):
	@$(PYTHON) make.py $@ $(given)
