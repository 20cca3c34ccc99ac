"""What an operator may watch: numbers for Prometheus (metrics.py) and spans for OpenTelemetry (tracing.py).

    with open_telemetry(settings) as telemetry:
        create_app(…, telemetry=telemetry)

The rule upheld here: nothing of what people write goes out. Numbers are labelled by words of ours and by names of operations, a bounded
number of them; a span has the text of statements, which holds no value, and never an argument. Without the settings nothing is
counted and no span is made.
"""
