"""The technical floor: database, sealing, outbox, audit, access. It knows no words of ESOL."""
