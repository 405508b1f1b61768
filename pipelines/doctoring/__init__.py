"""What the doctor looks at: a file per place, each giving `Finding`s; and the self-test."""
