"""The HTML report: what a run folder holds, as tables, figures and provenance on one page."""
