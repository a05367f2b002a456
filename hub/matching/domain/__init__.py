"""The pure matching engine: a snapshot and a seed in, a checkable result out.

The public face: `snapshot.parse_snapshot`, `snapshot.dump_snapshot`, `allocation.allocate`,
`allocation.next_pressures`, `result.result_to_dict`, `result.result_from_dict`, `explain.Explainer`,
`verify.verify`. Nothing is imported here, so that a verifier needs no package beside Python itself.
"""
