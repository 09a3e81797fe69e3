"""What the studio and the study share as web sites: listening, who is let in, problems and the log."""
