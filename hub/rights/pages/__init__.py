"""Pages of rights: casework and registers, notices for partners, the learner's own page, the public form."""

from hub.rights.pages import casework, own, partners, public, registers
from hub.rights.pages.base import blueprint

__all__ = ["blueprint", "casework", "own", "partners", "public", "registers"]
