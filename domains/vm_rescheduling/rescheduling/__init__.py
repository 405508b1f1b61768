"""The problem `rescheduling`: at most so many migrations, for as few fragments as possible."""
