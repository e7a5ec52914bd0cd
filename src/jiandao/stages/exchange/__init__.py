"""Exchange (企业出题、科技破题): problems of enterprises meet the results of science.

Needs with indicators go through a form check to publication; research results are offered with their maturity; the
match page brings both together with reasons. Hands on to `calls`: published needs and who answered them.
"""
