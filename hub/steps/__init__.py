"""What is to be done, about what, by whom, by when. My work, chasing and digests read nothing else."""
