"""ESOL Hub: one front door for adults who need to learn English."""
